import { expect, test } from '@jest/globals';
import { ApiError, UnreachableError, type ReleaseAnswer, type ReleaseRequest } from '@baton/client';
import { createReleaser, type Releaser } from './releaser.ts';
import { makeSignal, recordEvents, waitFor } from './testing.ts';

type Answer = (request: ReleaseRequest) => ReleaseAnswer | Promise<ReleaseAnswer>;

/** A releaser before an API that answers the first call with the first answer, and so on; the last one goes on. */
function openReleaser(...answers: Answer[]): { releaser: Releaser; calls: ReleaseRequest[] } {
  const calls: ReleaseRequest[] = [];
  const releaseAttempts = async (request: ReleaseRequest): Promise<ReleaseAnswer> => {
    calls.push(structuredClone(request));
    return (answers[Math.min(calls.length, answers.length) - 1] ?? takeAll)(request);
  };
  const { logger } = recordEvents();
  return { releaser: createReleaser({ api: { releaseAttempts }, workerId: 'w-test', logger }), calls };
}

const takeAll: Answer = () => ({ kept: [] });
const loseReply: Answer = () => {
  throw new UnreachableError('http://api', new Error('reset'));
};
const refuse: Answer = () => {
  throw new ApiError(404, null, '/releases');
};

const runOf = (trackId: number) => ({ trackId, attempt: 1, runId: `run-id-of-sixteen-${trackId}` });

test('what is given back and what is kept is told apart by run id', async () => {
  const { releaser, calls } = openReleaser(() => ({ kept: [runOf(2).runId] }));
  const first = releaser.release(runOf(1));
  expect(await first).toBe(true);
  expect(await releaser.release(runOf(2))).toBe(false);
  expect(calls).toEqual([
    { workerId: 'w-test', runs: [runOf(1)] },
    { workerId: 'w-test', runs: [runOf(2)] },
  ]);
});

test('what comes while a call is under way is the next call, of 256 at most', async () => {
  const gate = makeSignal();
  const { releaser, calls } = openReleaser(async () => {
    await gate.promise;
    return { kept: [] };
  }, takeAll);
  const all = Array.from({ length: 301 }, (_, index) => releaser.release(runOf(index + 1)));
  await waitFor(() => calls.length === 1, 'the first call');
  gate.resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
  expect(calls.map(({ runs }) => runs.length)).toEqual([1, 256, 44]);
});

test('a release whose reply is lost is asked again, and settled by no sooner answer', async () => {
  const gate = makeSignal();
  const { releaser, calls } = openReleaser(loseReply, async () => {
    await gate.promise;
    return { kept: [] };
  });
  let isSettled = false;
  const released = releaser.release(runOf(1)).finally(() => (isSettled = true));
  await waitFor(() => calls.length === 2, 'the second call');
  expect(isSettled).toBe(false);
  expect(calls[1]).toEqual(calls[0]);
  gate.resolve();
  expect(await released).toBe(true);
});

test('what an API refuses that knows no releases is still the worker’s', async () => {
  const { releaser, calls } = openReleaser(refuse);
  expect(await releaser.release(runOf(1))).toBe(false);
  expect(calls).toHaveLength(1);
});

test('a refusal after a call whose end is unknown does not make it the worker’s: another may have started it', async () => {
  const { releaser, calls } = openReleaser(loseReply, refuse);
  expect(await releaser.release(runOf(1))).toBe(true);
  expect(calls).toHaveLength(2);
});

test('once it is stopped it asks no more', async () => {
  const { releaser, calls } = openReleaser(loseReply);
  void releaser.release(runOf(1));
  await waitFor(() => calls.length === 1, 'the first call');
  const stoppedAt = performance.now();
  await releaser.stop();
  void releaser.release(runOf(2));
  await waitFor(() => performance.now() > stoppedAt + 200, 'the time of another call');
  expect(calls).toHaveLength(1);
});
