import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, Measurement } from './measurement.ts';
import { readUse, type ProcessUse } from './process-use.ts';

const MEBIBYTE = 2 ** 20;
const PERCENT = 100;
const BAR = { atMost: 1 };
/** What was before may have left the servers something to tidy up. */
const MAX_REST_MS = 10_000;

/** What everything costs while there is nothing to do. */
export function measureIdle(lastsMs: number): Measurement {
  return {
    id: 'W9',
    title: `idle for ${lastsMs / 1000} s`,
    isOnce: true,
    async measure({ listProcesses }) {
      await sleep(Math.min(lastsMs, MAX_REST_MS));
      const before = await readUse(listProcesses());
      const beganAt = performance.now();
      await sleep(lastsMs);
      const after = await readUse(listProcesses());
      return compareUse(before, after, performance.now() - beganAt);
    },
  };
}

/** @param elapsedMs between the two */
export function compareUse(before: readonly ProcessUse[], after: readonly ProcessUse[], elapsedMs: number): Figure[] {
  return after.flatMap(({ name, cpuMs, rssBytes }) => {
    const usedMs = cpuMs - (before.find((one) => one.name === name)?.cpuMs ?? 0);
    return [
      { name: `CPU of ${name}`, value: (usedMs / elapsedMs) * PERCENT, unit: '% of a core', bar: BAR },
      { name: `memory of ${name}`, value: rssBytes / MEBIBYTE, unit: 'MiB' },
    ];
  });
}
