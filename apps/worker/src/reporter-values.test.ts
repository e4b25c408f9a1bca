import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ApiError } from '@baton/client';
import type { Completion, OutputValues } from '@baton/domain';
import { createReporter, type Reporter } from './reporter.ts';
import type { SpooledCompletion } from './spool.ts';
import { makeCompletion, makeSignal, recordEvents, reportOf } from './testing.ts';

/** The worker is not being stopped. */
const RUNNING = new AbortController().signal;

interface World {
  reporter: Reporter;
  /** What was sent, in order: `values of <run>` and `completion of <run>`. */
  steps: string[];
  completions: Completion[];
  files: Map<string, SpooledCompletion>;
  events: string[];
  /** What the API says to values. */
  api: { send(values: OutputValues): Promise<'stored' | 'refused'> };
}

function openWorld(files = new Map<string, SpooledCompletion>()): World {
  const { logger, events } = recordEvents();
  const world: Omit<World, 'reporter'> = {
    steps: [],
    completions: [],
    files,
    events,
    api: { send: () => Promise.resolve('stored') },
  };
  const reporter = createReporter({
    spool: {
      keep: async (spooled) => void files.set(spooled.completion.runId, spooled),
      forget: async (runId) => void files.delete(runId),
      found: [...files.values()],
      unreadable: [],
    },
    values: {
      async send({ runId }, values) {
        world.steps.push(`values of ${runId}`);
        return world.api.send(values);
      },
    },
    queue: {
      async reportCompletion(completion) {
        world.steps.push(`completion of ${completion.runId}`);
        world.completions.push(completion);
      },
    },
    logger,
  });
  return Object.assign(world, { reporter });
}

function stepsOf({ runId }: Completion): string[] {
  return [`values of ${runId}`, `completion of ${runId}`];
}

const VALUES = { key: 'hunter2' };
const refuseForGood = (): Promise<never> => Promise.reject(new ApiError(422, null, '/'));

describe('what a script handed on', () => {
  test('is stored before its completion is sent, and on disk with it', async () => {
    const world = openWorld();
    const stored = makeSignal<'stored'>();
    world.api.send = () => stored.promise;
    const completion = makeCompletion();
    const report = world.reporter.report(reportOf(completion, 'key', VALUES), RUNNING);
    await new Promise(setImmediate);
    expect(world.steps).toEqual([`values of ${completion.runId}`]);
    expect(world.files.get(completion.runId)).toMatchObject({ values: VALUES });
    stored.resolve('stored');
    await report;
    expect(world.steps).toEqual(stepsOf(completion));
  });

  test('is sent again in the next life of a worker that was killed before its completion was sent', async () => {
    const earlier = openWorld();
    earlier.api.send = () => makeSignal<'stored'>().promise;
    const completion = makeCompletion();
    void earlier.reporter.report(reportOf(completion, 'key', VALUES), RUNNING);
    await new Promise(setImmediate);
    const later = openWorld(earlier.files);
    expect(await later.reporter.replay()).toBe(1);
    expect(later.steps).toEqual(stepsOf(completion));
  });

  test('that another run’s attempt refuses does not keep the completion from being sent', async () => {
    const world = openWorld();
    world.api.send = () => Promise.resolve('refused');
    const completion = makeCompletion();
    await world.reporter.report(reportOf(completion, 'key', VALUES), RUNNING);
    expect(world.completions).toEqual([completion]);
  });

  test.each([
    [
      'a success is bad_output',
      { exitCode: 0 },
      { outcome: 'bad_output', detail: expect.stringContaining('did not take') },
    ],
    ['a failure stays what it was', { exitCode: 3 }, { outcome: 'exited', detail: null }],
  ])('that the API does not take: %s', async (_title, given, reported) => {
    const world = openWorld();
    world.api.send = refuseForGood;
    await world.reporter.report(reportOf(makeCompletion(given), 'key', VALUES), RUNNING);
    expect(world.completions).toEqual([expect.objectContaining({ ...given, ...reported })]);
    expect(world.events).toEqual(['values_refused']);
  });
});

describe('while the API is away', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  async function pass(reporter: Reporter, delayMs: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(delayMs);
    await reporter.resendOverdue();
  }

  function reportWhileAway(): {
    world: World;
    completion: Completion;
    stopping: AbortController;
    isDone: () => boolean;
  } {
    const world = openWorld();
    world.api.send = () => Promise.reject(new Error('the API is away'));
    const completion = makeCompletion();
    const stopping = new AbortController();
    let isDone = false;
    void world.reporter.report(reportOf(completion, 'key', VALUES), stopping.signal).then(() => (isDone = true));
    return { world, completion, stopping, isDone: () => isDone };
  }

  test('values are sent again each second, and the completion after them', async () => {
    const { world, completion, isDone } = reportWhileAway();
    const [values, sent] = stepsOf(completion);
    await pass(world.reporter, 999);
    expect(world.steps).toEqual([values]);
    await pass(world.reporter, 1);
    expect(world.steps).toEqual([values, values]);
    expect(isDone()).toBe(false);
    expect(world.reporter.unapplied().map(({ runId }) => runId)).toEqual([completion.runId]);
    world.api.send = () => Promise.resolve('stored');
    await pass(world.reporter, 1000);
    expect(world.steps).toEqual([values, values, values, sent]);
    await pass(world.reporter, 0);
    expect(isDone()).toBe(true);
  });

  test('a worker that is being stopped waits no longer: all is on disk', async () => {
    const { world, completion, stopping, isDone } = reportWhileAway();
    await pass(world.reporter, 0);
    stopping.abort();
    await pass(world.reporter, 0);
    expect(isDone()).toBe(true);
    expect([...world.files.keys()]).toEqual([completion.runId]);
  });

  test('an attempt that has ended without the completion is let go', async () => {
    const { world, completion, isDone } = reportWhileAway();
    await pass(world.reporter, 0);
    await world.reporter.settle([completion.runId]);
    await pass(world.reporter, 5000);
    expect(isDone()).toBe(true);
    expect(world.steps).toHaveLength(1);
    expect(world.files.size).toBe(0);
  });
});
