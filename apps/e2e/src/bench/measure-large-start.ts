import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, MeasuredBaton, Measurement } from './measurement.ts';
import { openClient, percentileOf, timeOf, type Ask } from './take-turns.ts';
import { waitForEnds } from './wait-for-ends.ts';
import { makeLayers } from './workloads.ts';

const SUBMIT_EVERY_MS = 20;
const ALONE_MS = 1000;
const BAR = { atMost: 250 };

/** How long a pipeline of 100,000 tracks keeps others from being started. */
export const largeStart: Measurement = {
  id: 'W5-start',
  title: 'one client saves and starts 100,000 vertices, another starts a pipeline of one every 20 ms meanwhile',
  measure: async (baton) => {
    const { ask, close } = openClient(baton.stack);
    try {
      return await measureStarts(baton, ask);
    } finally {
      close();
    }
  },
};

async function measureStarts({ database }: MeasuredBaton, ask: Ask): Promise<Figure[]> {
  // Of this round: the first start of a version also checks and seals it.
  const name = `bench-large-${Date.now()}`;
  const tiny = `${name}-tiny`;
  const startLarge = async (): Promise<number> => idOf(await ask('/pipelines', JSON.stringify({ graph: name })));
  // Written before anybody waits: all of these clients are one process.
  const document = JSON.stringify({ ...makeLayers(1000, 100), name });
  await ask('/graphs', JSON.stringify({ name: tiny, vertices: [{ name: 'only', script: 'true' }] }));
  const submitTiny = async (): Promise<number> => idOf(await ask('/pipelines', JSON.stringify({ graph: tiny })));

  const figures: Figure[] = [];
  const others: number[] = [];
  const note = async <T>(what: string, work: () => Promise<T>, bar?: Figure['bar']): Promise<T> => {
    const seen = await submitWhile(submitTiny, work);
    others.push(...seen.ids);
    const longest = { name: `${what}: longest other start`, value: Math.max(...seen.tookMs), unit: 'ms' };
    figures.push(
      { name: what, value: seen.workMs, unit: 'ms' },
      { name: `${what}: median of other starts`, value: percentileOf(seen.tookMs, 0.5), unit: 'ms' },
      bar === undefined ? longest : { ...longest, bar },
    );
    return seen.result;
  };
  await note('nothing', () => sleep(ALONE_MS));
  await note('saving', () => ask('/graphs', document));
  for (const what of ['first start', 'second start']) {
    const id = await note(what, startLarge, BAR);
    await note(`cancelling after the ${what}`, () => ask(`/pipelines/${id}/cancel`, '{}'));
  }
  await waitForEnds(database, others);
  return figures;
}

function idOf(answer: string): number {
  return (JSON.parse(answer) as { id: number }).id;
}

async function submitWhile<T>(
  submit: () => Promise<number>,
  work: () => Promise<T>,
): Promise<{ result: T; workMs: number; tookMs: number[]; ids: number[] }> {
  const tookMs: number[] = [];
  const ids: number[] = [];
  const sent: Promise<void>[] = [];
  const submitTimed = async (): Promise<void> => {
    tookMs.push(await timeOf(async () => ids.push(await submit())));
  };
  const ended = new AbortController();
  const working = timeWork(work).finally(() => ended.abort());
  while (!ended.signal.aborted) {
    sent.push(submitTimed());
    await sleep(SUBMIT_EVERY_MS);
  }
  const [done] = await Promise.all([working, ...sent]);
  return { ...done, tookMs, ids };
}

async function timeWork<T>(work: () => Promise<T>): Promise<{ result: T; workMs: number }> {
  const beganAt = performance.now();
  const result = await work();
  return { result, workMs: performance.now() - beganAt };
}
