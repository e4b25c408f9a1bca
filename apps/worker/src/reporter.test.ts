import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Completion } from '@baton/domain';
import { createReporter, type Reporter } from './reporter.ts';
import { openSpool, type Spool } from './spool.ts';
import { makeCompletion, makeDirectory, makeSignal, recordEvents, reportOf } from './testing.ts';

/** The worker is not being stopped. */
const RUNNING = new AbortController().signal;

interface World {
  reporter: Reporter;
  sent: { runId: string; key: string; seq: number }[];
  events: string[];
  /** What sending does after it was recorded. */
  queue: { send(): Promise<void> };
}

function openReporter(spool: Spool): World {
  const { logger, events } = recordEvents();
  const sent: World['sent'] = [];
  const queue = { send: () => Promise.resolve() };
  const reporter = createReporter({
    spool,
    values: { send: () => Promise.reject(new Error('nobody hands anything on here')) },
    queue: {
      async reportCompletion({ runId }: Completion, key, seq) {
        sent.push({ runId, key, seq });
        await queue.send();
      },
    },
    logger,
  });
  return { reporter, sent, events, queue };
}

/** A disk without delays: for tests that turn the clock. */
function memorySpool(): Spool & { files: Map<string, unknown> } {
  const files = new Map<string, unknown>();
  return {
    files,
    keep: async (spooled) => void files.set(spooled.completion.runId, spooled),
    forget: async (runId) => void files.delete(runId),
    found: [],
    unreadable: [],
  };
}

describe('a report', () => {
  test('is on disk before it is settled, and on its way', async () => {
    const spool = memorySpool();
    const disk = makeSignal();
    const { reporter, sent } = openReporter({
      ...spool,
      async keep(spooled) {
        await disk.promise;
        await spool.keep(spooled);
      },
    });
    const completion = makeCompletion();
    let isSettled = false;
    const report = reporter.report(reportOf(completion), RUNNING).then(() => (isSettled = true));
    await new Promise(setImmediate);
    expect(sent).toEqual([{ runId: completion.runId, key: 'key', seq: 1 }]);
    expect(isSettled).toBe(false);
    disk.resolve();
    await report;
    expect(spool.files.get(completion.runId)).toEqual(reportOf(completion));
  });

  test('of a worker that ends waits for the disk, and not for a Redis that is away', async () => {
    const spool = memorySpool();
    const { reporter, queue } = openReporter(spool);
    queue.send = () => new Promise(() => {});
    const completion = makeCompletion();
    const stopping = new AbortController();
    const report = reporter.report(reportOf(completion), stopping.signal);
    stopping.abort();
    await report;
    expect(spool.files.has(completion.runId)).toBe(true);
  });

  test('that is applied is forgotten, on disk too', async () => {
    const spool = memorySpool();
    const { reporter } = openReporter(spool);
    const [first, second] = [makeCompletion(), makeCompletion()];
    await Promise.all([first, second].map((completion) => reporter.report(reportOf(completion), RUNNING)));
    await reporter.settle([first.runId]);
    expect(reporter.unapplied().map(({ runId }) => runId)).toEqual([second.runId]);
    expect([...spool.files.keys()]).toEqual([second.runId]);
  });

  test('that is applied is not asked for any more, even while the disk hangs', async () => {
    const spool = memorySpool();
    const { reporter } = openReporter({ ...spool, forget: () => makeSignal().promise });
    const completions = [makeCompletion(), makeCompletion(), makeCompletion()];
    await Promise.all(completions.map((completion) => reporter.report(reportOf(completion), RUNNING)));
    void reporter.settle(completions.map(({ runId }) => runId));
    expect(reporter.unapplied()).toEqual([]);
  });

  test('that is applied while it is being written is forgotten all the same', async () => {
    const spool = memorySpool();
    const disk = makeSignal();
    const { reporter } = openReporter({
      ...spool,
      async keep(spooled) {
        await disk.promise;
        await spool.keep(spooled);
      },
    });
    const completion = makeCompletion();
    const report = reporter.report(reportOf(completion), RUNNING);
    await reporter.settle([completion.runId]);
    disk.resolve();
    await report;
    expect(spool.files.size).toBe(0);
    expect(reporter.unapplied()).toEqual([]);
  });
});

describe('sending again', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  async function resendAfter(reporter: Reporter, delayMs: number): Promise<void> {
    jest.advanceTimersByTime(delayMs);
    await reporter.resendOverdue();
  }

  test('waits twice as long each time, up to a minute, and counts the times', async () => {
    const { reporter, sent } = openReporter(memorySpool());
    await reporter.report(reportOf(makeCompletion()), RUNNING);
    for (const waitMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      const before = sent.length;
      await resendAfter(reporter, waitMs - 1);
      expect(sent).toHaveLength(before);
      await resendAfter(reporter, 1);
      expect(sent).toHaveLength(before + 1);
    }
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('ends when it is applied', async () => {
    const { reporter, sent } = openReporter(memorySpool());
    const completion = makeCompletion();
    await reporter.report(reportOf(completion), RUNNING);
    await reporter.settle([completion.runId]);
    await resendAfter(reporter, 600_000);
    expect(sent).toHaveLength(1);
  });

  test('comes after a second where the queue was away', async () => {
    const { reporter, sent, events, queue } = openReporter(memorySpool());
    queue.send = () => Promise.reject(new Error('Redis is away'));
    await reporter.report(reportOf(makeCompletion()), RUNNING);
    expect(events).toEqual(['report_failed']);
    queue.send = () => Promise.resolve();
    await resendAfter(reporter, 1000);
    expect(sent).toHaveLength(2);
    await resendAfter(reporter, 1000);
    expect(sent).toHaveLength(2);
  });
});

describe('with a disk', () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(() => directory.remove());

  test('a later life sends what the earlier one did not see applied', async () => {
    const spool = await openSpool(directory.path);
    const earlier = openReporter(spool);
    const [lost, applied] = [makeCompletion({ exitCode: 3 }), makeCompletion()];
    await earlier.reporter.report(reportOf(lost, 'key of lost'), RUNNING);
    await earlier.reporter.report(reportOf(applied), RUNNING);
    await earlier.reporter.settle([applied.runId]);
    await spool.stop();

    const laterSpool = await openSpool(directory.path);
    const later = openReporter(laterSpool);
    expect(await later.reporter.replay()).toBe(1);
    expect(later.sent).toEqual([{ runId: lost.runId, key: 'key of lost', seq: 1 }]);
    expect(later.reporter.unapplied().map(({ runId }) => runId)).toEqual([lost.runId]);
    await later.reporter.settle([lost.runId]);
    await laterSpool.stop();
    expect(await openReporter(await openSpool(directory.path)).reporter.replay()).toBe(0);
  });

  test('files that cannot be read are logged and do not stop the start', async () => {
    await writeFile(join(directory.path, 'broken.json'), '{');
    const { reporter, events } = openReporter(await openSpool(directory.path));
    expect(await reporter.replay()).toBe(0);
    expect(events).toEqual(['spool_unreadable']);
  });

  test('that takes nothing any more, the completion is sent, the failure logged, and settling goes on', async () => {
    const path = join(directory.path, 'spool');
    const spool = await openSpool(path);
    // As root nothing is read-only by its mode; a directory that is a file refuses everybody.
    await rm(path, { recursive: true });
    await writeFile(path, '');
    const { reporter, sent, events } = openReporter(spool);
    const [first, second] = [makeCompletion(), makeCompletion()];
    await reporter.report(reportOf(first), RUNNING);
    await reporter.report(reportOf(second), RUNNING);
    expect(sent.map(({ runId }) => runId)).toEqual([first.runId, second.runId]);
    expect(events).toEqual(['spool_failed', 'spool_failed']);
    await reporter.settle([first.runId, second.runId]);
    expect(reporter.unapplied()).toEqual([]);
  });
});
