import type { ResourceSample } from './watch-resources.ts';

/**
 * Whether anything grows that should not.
 *
 * - Processes and Redis keep nothing of what has ended: their figures have to be flat over time. Processes die all the time
 *   in a mix, and a new one is small and grows at first: so growth is looked for within each life, and all lives of a process
 *   give one slope. What counts is that of those with one life (run-mix keeps one of each kind alive).
 * - Tables are the history: they grow with what has ended, and only with that. So it is told what each further ended track
 *   leaves behind, in the first half of the mix and in the second: where the two are alike, nothing else grows.
 */
export interface Slope {
  figure: string;
  /** Of a process: how often it was seen to have been started, so 1 where it was never ended; else 1. */
  lives: number;
  first: number;
  last: number;
  perHour: number;
  /** In the second half of the mix alone: what fills up to its bound is level there. Null: there was nothing to compare. */
  laterPerHour: number | null;
  /** When all had ended; null: that was not seen. */
  atRest: number | null;
}

export interface TableGrowth {
  table: string;
  /** When all had ended. */
  rows: number;
  /** Per further ended track; null where no track ended in that half. */
  firstHalf: number | null;
  secondHalf: number | null;
}

/** Programs grow at first in any case. */
const WARM_UP_SECONDS = 60;
const LIFE_WARM_UP_SECONDS = 30;
const SECONDS_IN_HOUR = 3600;
const BYTES_IN_MIB = 2 ** 20;

interface Point {
  at: number;
  value: number;
  /** Points of one life are compared with one another only. */
  life: number;
}

/** @param mixSeconds how long pipelines were submitted: what comes after is at rest */
export function findSlopes(samples: readonly ResourceSample[], mixSeconds: number): Slope[] {
  const rest = samples.at(-1);
  const mixing = samples.filter(({ seconds }) => seconds <= mixSeconds);
  const names = [...new Set(mixing.flatMap(({ processes }) => processes.map(({ name }) => name)))];
  const ofProcess = (name: string, read: (process: ResourceSample['processes'][number]) => number): Figure => {
    return (sample) => {
      const process = sample.processes.find((one) => one.name === name);
      return process === undefined ? null : { life: process.pid, value: read(process) };
    };
  };
  const figures: [string, Figure][] = [
    ...names.flatMap((name): [string, Figure][] => [
      [`memory of ${name}, MiB`, ofProcess(name, ({ rssBytes }) => rssBytes / BYTES_IN_MIB)],
      [`open files of ${name}`, ofProcess(name, ({ fds }) => fds)],
    ]),
    ['Redis keys', ({ redis }) => (redis === undefined ? null : { life: 0, value: redis.keys })],
    ['Redis memory, MiB', ({ redis }) => (redis === undefined ? null : { life: 0, value: redis.bytes / BYTES_IN_MIB })],
  ];
  return figures.flatMap(([figure, read]) => {
    const points = mixing.flatMap((sample): Point[] => {
      const found = read(sample);
      return found === null ? [] : [{ ...found, at: sample.seconds }];
    });
    const lives = new Set(points.map(({ life }) => life)).size;
    const warm = leaveOutWarmUp(points);
    const slope = findSlope(warm);
    const later = findSlope(warm.filter(({ at }) => at >= mixSeconds / 2));
    const atRest = rest === undefined || rest.seconds <= mixSeconds ? null : (read(rest)?.value ?? null);
    return slope === null ? [] : [{ figure, lives, ...slope, laterPerHour: later?.perHour ?? null, atRest }];
  });
}

type Figure = (sample: ResourceSample) => { life: number; value: number } | null;

/** Where the mix is too short for that, all of it counts. */
function leaveOutWarmUp(points: readonly Point[]): readonly Point[] {
  const born = new Map<number, number>();
  for (const { life, at } of points) if (!born.has(life)) born.set(life, at);
  const isOld = ({ life, at }: Point): boolean => at - (born.get(life) ?? at) >= LIFE_WARM_UP_SECONDS;
  const warm = points.filter((point) => point.at >= WARM_UP_SECONDS && isOld(point));
  return warm.length > 1 ? warm : points;
}

/** Least squares, each life about its own mean. @returns null where there is nothing to compare */
function findSlope(points: readonly Point[]): Pick<Slope, 'first' | 'last' | 'perHour'> | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const lives = [...new Set(points.map(({ life }) => life))].map((life) => points.filter((one) => one.life === life));
  let [spread, product] = [0, 0];
  for (const own of lives) {
    const [middle, level] = [meanOf(own.map(({ at }) => at)), meanOf(own.map(({ value }) => value))];
    for (const { at, value } of own) {
      spread += (at - middle) ** 2;
      product += (at - middle) * (value - level);
    }
  }
  const perHour = spread === 0 ? 0 : (product / spread) * SECONDS_IN_HOUR;
  return { first: first.value, last: last.value, perHour };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param mixSeconds as for findSlopes */
export function findTableGrowth(samples: readonly ResourceSample[], mixSeconds: number): TableGrowth[] {
  const all = samples.flatMap(({ seconds, tables }) => (tables === undefined ? [] : [{ seconds, ...tables }]));
  const mixing = all.filter(({ seconds }) => seconds <= mixSeconds);
  const [first, last, end] = [mixing[0], mixing.at(-1), all.at(-1)];
  if (first === undefined || last === undefined || end === undefined) return [];
  const middleOf = (first.endedTracks + last.endedTracks) / 2;
  const middle = mixing.find(({ endedTracks }) => endedTracks >= middleOf) ?? last;
  const between = (table: string, from: Counted, to: Counted): number | null => {
    const tracks = to.endedTracks - from.endedTracks;
    return tracks === 0 ? null : ((to.rows[table] ?? 0) - (from.rows[table] ?? 0)) / tracks;
  };
  return Object.entries(end.rows).map(([table, rows]) => ({
    table,
    rows,
    firstHalf: between(table, first, middle),
    secondHalf: between(table, middle, last),
  }));
}

type Counted = NonNullable<ResourceSample['tables']>;
