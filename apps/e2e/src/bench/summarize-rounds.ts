import type { Round } from './run-rounds.ts';

export interface Spread {
  min: number;
  median: number;
  max: number;
}

export interface Line {
  workload: string;
  contender: string;
  /** Of the rate of the first contender by this one's, round by round: above 1 the first one is faster. */
  ratio: Spread;
  ms: Spread;
  perTask: Record<string, number>;
  /** The most that was seen. */
  rssBytes: Record<string, number>;
}

/** @param subject the contender that the others are compared with */
export function summarizeRounds(rounds: readonly Round[], subject: string): Line[] {
  const keys = new Set(rounds.map(({ workload, contender }) => JSON.stringify([workload, contender])));
  return [...keys].map((key) => {
    const [workload, contender] = JSON.parse(key) as [string, string];
    const own = rounds.filter((one) => one.workload === workload && one.contender === contender);
    const ratios = own.map(({ round, ms }) => ms / msOf(rounds, { workload, contender: subject, round }));
    return {
      workload,
      contender,
      ratio: spreadOf(ratios),
      ms: spreadOf(own.map(({ ms }) => ms)),
      perTask: combine(
        own.map(({ perTask }) => perTask),
        'median',
      ),
      rssBytes: combine(
        own.map(({ rssBytes }) => rssBytes),
        'max',
      ),
    };
  });
}

function msOf(rounds: readonly Round[], { workload, contender, round }: Omit<Round, 'ms'>): number {
  const found = rounds.find((one) => one.workload === workload && one.contender === contender && one.round === round);
  if (found === undefined) throw new Error(`${contender} was not measured with ${workload} in round ${round}`);
  return found.ms;
}

/** @throws Error where there is nothing */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error('there is nothing to tell a spread of');
  const [low = min, high = min] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return { min, median: (low + high) / 2, max };
}

/** @param pick what is told of the values that records have under one name */
export function combine(
  records: readonly (Readonly<Record<string, number>> | undefined)[],
  pick: keyof Spread,
): Record<string, number> {
  const names = new Set(records.flatMap((record) => Object.keys(record ?? {})));
  return Object.fromEntries(
    [...names].map((name) => [name, spreadOf(records.flatMap((record) => record?.[name] ?? []))[pick]]),
  );
}
