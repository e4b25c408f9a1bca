import { describe, expect, test } from '@jest/globals';
import { ApiError, UnreachableError, type ClaimAnswer, type ClaimRequest } from '@baton/client';
import { createKnownRuns } from './known-runs.ts';
import { createClaimer, type Claimer, type GrantedRun } from './claimer.ts';
import { makeClaimedRun, makeSignal, recordEvents, waitFor } from './testing.ts';

const LEASE_MS = 6000;
/** As long as the claimer waits before it asks again for what is busy. */
const BUSY_RETRY_MS = 250;

type Answer = (request: ClaimRequest) => ClaimAnswer | Promise<ClaimAnswer>;

/** A claimer before an API that answers the first call with the first answer, and so on; the last one goes on. */
function openClaimer(...answers: Answer[]): { claimer: Claimer; calls: ClaimRequest[]; events: string[] } {
  const calls: ClaimRequest[] = [];
  const { logger, events } = recordEvents();
  const api = {
    async claimAttempts(request: ClaimRequest): Promise<ClaimAnswer> {
      calls.push(structuredClone(request));
      const answer = answers[Math.min(calls.length, answers.length) - 1] ?? grantAll;
      return answer(request);
    },
  };
  const isEnding = (leaseUntil: number): boolean => leaseUntil <= performance.now();
  const own = { workerId: 'w-test', labels: ['default'], known: createKnownRuns() };
  return { claimer: createClaimer({ ...own, api, leases: { isEnding }, logger }), calls, events };
}

const grantAll: Answer = ({ claims }) => ({
  leaseMs: LEASE_MS,
  results: claims.map(({ trackId, attempt, runId }) => ({
    runId,
    granted: true as const,
    run: makeClaimedRun({ trackId, attempt }),
  })),
});
const grantLate: Answer = (request) => ({ ...(grantAll(request) as ClaimAnswer), leaseMs: -1 });
const refuseAll: Answer = ({ claims }) => ({
  leaseMs: LEASE_MS,
  results: claims.map(({ runId }) => ({ runId, granted: false as const, why: 'not_pending' })),
});
const loseReply: Answer = () => {
  throw new UnreachableError('http://api', new Error('reset'));
};

/** With a slot for it. */
async function claimOne(claimer: Claimer, trackId: number): Promise<GrantedRun | null> {
  const answer = await claimer.claim({ trackId, attempt: 1, isAhead: false });
  if (answer === 'needs_slot') throw new Error('expected a slot to be enough');
  return answer;
}

function claimMany(claimer: Claimer, trackIds: readonly number[]): Promise<GrantedRun | null>[] {
  return trackIds.map((trackId) => claimOne(claimer, trackId));
}

describe('what goes into a call', () => {
  test('claims of one turn go into one call, each answered by its own run id', async () => {
    const { claimer, calls } = openClaimer(({ claims }) => {
      const answer = grantAll({ workerId: '', labels: [], claims }) as ClaimAnswer;
      return { ...answer, results: answer.results.toReversed() };
    });
    const granted = await Promise.all(claimMany(claimer, [3, 1, 2]));
    expect(calls).toMatchObject([{ workerId: 'w-test', labels: ['default'] }]);
    expect(granted.map((one) => one?.run.trackId)).toEqual([3, 1, 2]);
    expect(granted.map((one) => one?.runId)).toEqual(calls[0]?.claims.map(({ runId }) => runId));
  });

  test('what comes while a call is under way is the next call', async () => {
    const gate = makeSignal();
    const { claimer, calls } = openClaimer(async (request) => {
      await gate.promise;
      return grantAll(request);
    }, grantAll);
    const first = claimMany(claimer, [1]);
    await waitFor(() => calls.length === 1, 'the first call');
    const second = claimMany(claimer, [2, 3]);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(calls).toHaveLength(1);
    gate.resolve();
    await Promise.all([...first, ...second]);
    expect(calls.map(({ claims }) => claims.map(({ trackId }) => trackId))).toEqual([[1], [2, 3]]);
  });

  test('no call has more than 256 claims', async () => {
    const { claimer, calls } = openClaimer(grantAll);
    const ids = Array.from({ length: 600 }, (_, index) => index + 1);
    const granted = await Promise.all(claimMany(claimer, ids));
    expect(calls.map(({ claims }) => claims.length)).toEqual([256, 256, 88]);
    expect(granted.map((one) => one?.run.trackId)).toEqual(ids);
  });

  test('the same track twice in a call has two run ids, so that one of them at most is granted', async () => {
    const { claimer, calls } = openClaimer(({ claims }) => ({
      leaseMs: LEASE_MS,
      results: claims.map(({ runId }, index) =>
        index === 0
          ? { runId, granted: true as const, run: makeClaimedRun() }
          : { runId, granted: false as const, why: 'not_pending' },
      ),
    }));
    const [first, second] = await Promise.all(claimMany(claimer, [7, 7]));
    const runIds = calls[0]?.claims.map(({ runId }) => runId) ?? [];
    expect(new Set(runIds).size).toBe(2);
    expect(first?.runId).toBe(runIds[0]);
    expect(second).toBeNull();
  });
});

describe('answers', () => {
  test('a refused claim is null', async () => {
    const { claimer } = openClaimer(refuseAll);
    expect(await claimOne(claimer, 1)).toBeNull();
  });

  test.each(['limit', 'not_yet', 'expired', 'no_script'])(
    'a track that is refused for %s is let go at once: nobody asks for it again, its slot takes the next one',
    async (why) => {
      const { claimer, calls } = openClaimer((request) => {
        const answer = grantAll(request) as ClaimAnswer;
        const [kept, ...granted] = answer.results;
        return { ...answer, results: [{ runId: kept?.runId ?? '', granted: false as const, why }, ...granted] };
      });
      const [first, second] = await Promise.all(claimMany(claimer, [1, 2]));
      expect(first).toBeNull();
      expect(second?.run.trackId).toBe(2);
      expect(calls).toHaveLength(1);
    },
  );

  test('a claim that the answer does not name is null', async () => {
    const { claimer } = openClaimer(() => ({ leaseMs: LEASE_MS, results: [] }));
    expect(await claimOne(claimer, 1)).toBeNull();
  });

  test.each([
    ['lost', () => new UnreachableError('http://api', new Error('reset'))],
    ['overloaded', () => new ApiError(503, null, '/claims')],
    ['not let in for now', () => new ApiError(401, null, '/claims')],
  ])('a call whose reply is %s is made again with the same run ids', async (_title, makeError) => {
    const fail: Answer = () => {
      throw makeError();
    };
    const { claimer, calls, events } = openClaimer(fail, fail, grantAll);
    const granted = await Promise.all(claimMany(claimer, [1, 2]));
    expect(calls).toHaveLength(3);
    expect(calls[1]).toEqual(calls[0]);
    expect(calls[2]).toEqual(calls[0]);
    expect(granted.map((one) => one?.runId)).toEqual(calls[0]?.claims.map(({ runId }) => runId));
    expect(events).toEqual(['claim_failed', 'claim_failed']);
  });

  test('what is claimed ahead says so in its call, and what needs a slot is told so', async () => {
    const { claimer, calls } = openClaimer(({ claims }) => ({
      leaseMs: LEASE_MS,
      results: claims.map(({ runId }) => ({ runId, granted: false as const, why: 'needs_slot' })),
    }));
    const asked = [true, false].map((isAhead) => claimer.claim({ trackId: 1, attempt: 1, isAhead }));
    expect(await Promise.all(asked)).toEqual(['needs_slot', 'needs_slot']);
    expect(calls[0]?.claims.map(({ isAhead }) => isAhead)).toEqual([true, undefined]);
  });

  test('a call that is refused for good is null for each claim, and the next one is made', async () => {
    const { claimer, calls } = openClaimer(() => {
      throw new ApiError(422, null, '/claims');
    }, grantAll);
    expect(await Promise.all(claimMany(claimer, [1, 2]))).toEqual([null, null]);
    expect(await claimOne(claimer, 3)).not.toBeNull();
    expect(calls).toHaveLength(2);
  });
});

describe('the lease', () => {
  test('counts from before the call, however long the answer takes', async () => {
    const gate = makeSignal();
    const { claimer, calls } = openClaimer(async (request) => {
      await gate.promise;
      return grantAll(request);
    });
    const claim = claimOne(claimer, 1);
    await waitFor(() => calls.length === 1, 'the call');
    const askedBy = performance.now();
    await waitFor(() => performance.now() > askedBy + 100, 'time going by');
    gate.resolve();
    expect((await claim)?.leaseUntil).toBeLessThanOrEqual(askedBy + LEASE_MS);
  });

  test('that is as good as over when the answer comes is asked for again, with the same run ids', async () => {
    const { claimer, calls, events } = openClaimer(grantLate, grantAll);
    const granted = await Promise.all(claimMany(claimer, [1, 2]));
    expect(calls).toHaveLength(2);
    expect(calls[1]).toEqual(calls[0]);
    expect(granted.map((one) => one?.runId)).toEqual(calls[0]?.claims.map(({ runId }) => runId));
    expect(events).toEqual(['claim_answered_late']);
  });

  test('that is as good as over whenever it is asked for is asked for ever more seldom', async () => {
    const askedAt: number[] = [];
    const late: Answer = (request) => {
      askedAt.push(performance.now());
      return grantLate(request);
    };
    const { claimer } = openClaimer(late, late, late, grantAll);
    expect(await claimOne(claimer, 1)).not.toBeNull();
    const [first = 0, , third = 0] = askedAt;
    // 50 ms and 100 ms, by timers that may be early by one each.
    expect(third - first).toBeGreaterThanOrEqual(148);
  });

  test('that is as good as over is asked for no more once the worker ends', async () => {
    const gate = makeSignal();
    const { claimer, calls } = openClaimer(async (request) => {
      await gate.promise;
      return grantLate(request);
    });
    const claim = claimOne(claimer, 1);
    await waitFor(() => calls.length === 1, 'the call');
    claimer.giveUp();
    gate.resolve();
    expect(await claim).toBeNull();
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(calls).toHaveLength(1);
  });

  test('of a repeated claim counts from before the call that was answered: the API prolongs it then', async () => {
    let firstAt = 0;
    let lastAt = 0;
    const { claimer } = openClaimer(
      (request) => {
        firstAt = performance.now();
        return loseReply(request);
      },
      (request) => {
        lastAt = performance.now();
        return grantAll(request);
      },
    );
    const granted = await claimOne(claimer, 1);
    expect(granted?.leaseUntil).toBeGreaterThan(firstAt + LEASE_MS);
    expect(granted?.leaseUntil).toBeLessThanOrEqual(lastAt + LEASE_MS);
  });
});

test('a claim that found its pipeline locked is asked again under the same run id; the others have their answer', async () => {
  const { claimer, calls } = openClaimer((request) => {
    const answer = grantAll(request) as ClaimAnswer;
    const [busy, ...granted] = answer.results;
    return { ...answer, results: [{ runId: busy?.runId ?? '', granted: false as const, why: 'busy' }, ...granted] };
  }, grantAll);
  const [first, second] = await Promise.all(claimMany(claimer, [1, 2]));
  expect([first?.run.trackId, second?.run.trackId]).toEqual([1, 2]);
  expect(calls.map(({ claims }) => claims.length)).toEqual([2, 1]);
  expect(calls[1]?.claims[0]?.runId).toBe(calls[0]?.claims[0]?.runId);
});

test('what waits for its turn when the worker ends is asked for no more: it would be granted to nobody', async () => {
  const gate = makeSignal();
  const { claimer, calls } = openClaimer(async ({ claims }) => {
    await gate.promise;
    return { leaseMs: LEASE_MS, results: claims.map(({ runId }) => ({ runId, granted: false as const, why: 'busy' })) };
  });
  const busy = claimOne(claimer, 1);
  await waitFor(() => calls.length === 1, 'the call');
  const waiting = claimOne(claimer, 2);
  claimer.giveUp();
  const endedAt = performance.now();
  gate.resolve();
  expect(await Promise.all([busy, waiting])).toEqual([null, null]);
  await waitFor(() => performance.now() > endedAt + 2 * BUSY_RETRY_MS, 'the time of another question');
  expect(calls).toHaveLength(1);
});

test('what is to be asked again in a moment when the worker ends is asked for no more', async () => {
  const { claimer, calls, events } = openClaimer(loseReply);
  const claim = claimOne(claimer, 1);
  await waitFor(() => events.length === 1, 'the first failure');
  claimer.giveUp();
  const endedAt = performance.now();
  expect(await claim).toBeNull();
  await waitFor(() => performance.now() > endedAt + 200, 'the time of another question');
  expect(calls).toHaveLength(1);
});

test('claims without an answer are given up when the worker ends, and none is made any more', async () => {
  const gate = makeSignal();
  const { claimer, calls } = openClaimer(async () => {
    await gate.promise;
    throw new Error('the API is away');
  });
  const claim = claimOne(claimer, 1);
  await waitFor(() => calls.length === 1, 'the call');
  claimer.giveUp();
  expect(await claim).toBeNull();
  expect(await claimOne(claimer, 2)).toBeNull();
  gate.resolve();
  await new Promise(setImmediate);
  expect(calls).toHaveLength(1);
});
