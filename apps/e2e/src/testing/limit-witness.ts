import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The scripts themselves tell how many of them run at once, in two ways:
 * - Each takes one of N lock files, without waiting. The kernel frees a lock when the last process that holds it is gone,
 *   however it went, so whoever finds all N taken is one too many: it says so.
 * - Each writes when it starts and ends, by the clock that counts from the machine's start. Those that were killed end
 *   nowhere; they count at their start only.
 */
export interface LimitWitness {
  /** A script that does these lines as one of N. */
  script(limit: string, lines: string): string;
  /** Lines of scripts that were one too many. */
  readExcess(): Promise<string[]>;
  /** The most that ran at once. */
  readMost(limit: string): Promise<number>;
  /** Attempts that started, as `track attempt`. */
  readStarts(): Promise<string[]>;
}

export function watchLimits(directory: string, limits: Record<string, number>): LimitWitness {
  const [marks, excess] = [join(directory, 'marks'), join(directory, 'excess')];
  const mark = (kind: string, limit: string): string =>
    `read now rest </proc/uptime; printf '%s\\n' "${kind} ${limit} $BATON_TRACK_ID $BATON_ATTEMPT $now" >>'${marks}'`;
  const readLines = async (path: string): Promise<string[]> =>
    (await readFile(path, { encoding: 'utf8', flag: 'a+' })).split('\n').filter((line) => line !== '');
  return {
    script(limit, lines) {
      const places = Array.from({ length: limits[limit] ?? 0 }, (_, n) => `'${join(directory, `${limit}-${n}`)}'`);
      return [
        `take() { for place in ${places.join(' ')}; do exec 9>"$place"; if flock -n 9; then return 0; fi; done; return 1; }`,
        `take || echo "${limit} $BATON_TRACK_ID $BATON_ATTEMPT" >>'${excess}'`,
        mark('START', limit),
        lines,
        mark('END', limit),
      ].join('\n');
    },
    readExcess: () => readLines(excess),
    readMost: async (limit) =>
      countMost((await readLines(marks)).map((line) => line.split(' ')).filter((words) => words[1] === limit)),
    async readStarts() {
      const starts = (await readLines(marks)).map((line) => line.split(' ')).filter(([kind]) => kind === 'START');
      return starts.map(([, , track, attempt]) => `${track} ${attempt}`);
    },
  };
}

/** Ends come before starts of the same hundredth of a second: the clock tells no more. */
function countMost(marks: readonly (readonly string[])[]): number {
  const ended = new Set(marks.filter(([kind]) => kind === 'END').map(([, , track, attempt]) => `${track} ${attempt}`));
  const changes = marks
    .filter(([, , track, attempt]) => ended.has(`${track} ${attempt}`))
    .map(([kind, , , , now]) => ({ now: Number(now), by: kind === 'START' ? 1 : -1 }))
    .toSorted((a, b) => a.now - b.now || a.by - b.by);
  let [running, most] = [0, 0];
  for (const { by } of changes) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}
