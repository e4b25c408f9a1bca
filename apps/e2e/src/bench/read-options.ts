import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Ids of workloads. */
  only: readonly string[];
  rounds: number;
  idleMs: number;
}

/** Takes minutes a round, so that it is only run when it is asked for. */
const LONG = 'W5';

/** @param ids of all workloads @throws Error where a word is not one of those that there are */
export function readOptions(words: string[], ids: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: words,
    options: {
      only: { type: 'string', default: ids.filter((id) => id !== LONG).join() },
      rounds: { type: 'string', default: '5' },
      'idle-seconds': { type: 'string', default: '60' },
    },
  });
  const only = values.only.split(',');
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`--only: expected some of ${ids.join()}, found ${unknown.join()}`);
  return {
    only,
    rounds: readCount('rounds', values.rounds),
    idleMs: readCount('idle-seconds', values['idle-seconds']) * 1000,
  };
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new Error(`--${name}: expected 1 or more, found ${text}`);
}
