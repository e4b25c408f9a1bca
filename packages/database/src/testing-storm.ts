import type { TrackToDispatch } from '@baton/domain';
import { applyFlowEvents, type AppliedEvents } from './apply-flow-events.ts';
import { claimAttempts, type RunKey } from './claim-attempts.ts';
import { findDueTracks, findExpiredRuns, takeDueTracks } from './find-stranded.ts';
import { fillLimits, takeLimitWaiters } from './limit-waiters.ts';
import { execute, selectRows } from './statements.ts';
import { withRetries } from './with-transaction.ts';
import { completionOf, makeRunId, TEST_LEASE_MS, type TestFlow } from './testing-flow.ts';

/** Numbers in [0, 1), the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Pipelines under limits, a queue that loses entries, and workers that vanish: everything that may happen to a track,
 * happening at random. `step` does one thing.
 */
export interface Storm {
  step(): Promise<void>;
  /** Every pipeline has ended and nothing runs. */
  isOver(): Promise<boolean>;
  /** How often each thing was done. */
  done: Record<string, number>;
}

export function createStorm(flows: readonly TestFlow[], random: () => number): Storm {
  const database = flows[0]?.database;
  if (database === undefined) throw new Error('a storm needs pipelines');
  const pipelineIds = flows.map(({ pipelineId }) => pipelineId);
  let queue: TrackToDispatch[] = flows.flatMap(({ toDispatch }) => toDispatch);
  const runs: RunKey[] = [];
  const done: Record<string, number> = {};
  const note = (what: string, times = 1): void => void (done[what] = (done[what] ?? 0) + times);
  const takeSome = <T>(items: T[], most: number): T[] =>
    Array.from({ length: Math.min(items.length, 1 + Math.floor(random() * most)) }, () => {
      return items.splice(Math.floor(random() * items.length), 1);
    }).flat();

  const enqueue = (tracks: readonly TrackToDispatch[]): void => {
    // Now and then an entry is lost, as by a Redis that is emptied.
    queue = queue.concat(tracks.filter(() => random() > 0.03));
  };
  const afterCommit = async (applied: AppliedEvents): Promise<void> => {
    enqueue(applied.toDispatch);
    note('freed', applied.freedLimits.length);
    if (random() < 0.7) enqueue(await takeLimitWaiters(database, applied.freedLimits));
    else note('wake-up lost');
  };
  const claim = async (): Promise<void> => {
    const tracks = takeSome(queue, 8);
    if (tracks.length === 0) return;
    const claims = tracks.map(({ trackId, attempt }) => ({ trackId, attempt, runId: makeRunId() }));
    const request = { workerId: 'storm', labels: ['default'], leaseMs: TEST_LEASE_MS, claims };
    // A reply that is lost is asked for again.
    if (random() < 0.1) await claimAttempts(database, request);
    for (const [index, result] of (await claimAttempts(database, request)).entries()) {
      note(result.granted ? 'granted' : result.why);
      const asked = claims[index];
      if (result.granted && asked !== undefined) runs.push(asked);
    }
  };
  const endRuns = async (): Promise<void> => {
    for (const run of takeSome(runs, 3)) {
      const lot = random();
      if (lot < 0.12) {
        // Its worker vanishes: the lease runs out, and somebody has to notice.
        note('vanished');
        const sql = 'UPDATE track SET due_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ? AND run_id = ?';
        await execute(database.dataSource, sql, [run.trackId, run.runId]);
        continue;
      }
      const completion = completionOf({ ...run }, lot < 0.3 ? { exitCode: 1 } : {});
      const events = new Map([[Math.floor(run.trackId / 2 ** 22), [{ kind: 'completion' as const, completion }]]]);
      await afterCommit(await applyFlowEvents(database, events));
      // Reported twice, as by a worker that did not hear that it was applied.
      if (random() < 0.1) await afterCommit(await applyFlowEvents(database, events));
    }
  };
  const reconcile = async (): Promise<void> => {
    for (const run of await findExpiredRuns(database, 10)) {
      const completion = completionOf(run, { outcome: 'lost', workerId: run.workerId });
      const events = new Map([[Math.floor(run.trackId / 2 ** 22), [{ kind: 'completion' as const, completion }]]]);
      await afterCommit(await applyFlowEvents(database, events));
      note('lost');
    }
    enqueue(await fillLimits(database));
    if (queue.length === 0) {
      // Nobody waits for a clock in here: whatever is PENDING is due.
      const waiting = await selectRows<{ id: number }>(
        database.dataSource,
        `SELECT id FROM track WHERE pipeline_id IN (?) AND state = 'PENDING' AND due_at IS NOT NULL`,
        [pipelineIds],
      );
      const sql = `UPDATE track FORCE INDEX (PRIMARY) SET due_at = UTC_TIMESTAMP(6), not_before = NULL
        WHERE id IN (?) AND state = 'PENDING'`;
      const ids = [0, ...waiting.map(({ id }) => id)];
      await withRetries(() => execute(database.dataSource, sql, [ids]));
    }
    enqueue(await takeDueTracks(database, await findDueTracks(database, 100)));
  };
  const cancel = async (): Promise<void> => {
    const pipelineId = pipelineIds[0] ?? 0;
    note('cancel');
    await afterCommit(await applyFlowEvents(database, new Map([[pipelineId, [{ kind: 'cancel' }]]])));
  };
  return {
    done,
    async step() {
      const lot = random();
      if (lot < 0.45) await claim();
      else if (lot < 0.9) await endRuns();
      else if (lot < 0.99) await reconcile();
      else if ((done['granted'] ?? 0) > 80 && done['cancel'] === undefined) await cancel();
    },
    async isOver() {
      const live = await selectRows(
        database.dataSource,
        `SELECT id FROM pipeline WHERE id IN (?) AND state IN ('RUNNING', 'PAUSED')
         UNION ALL SELECT id FROM track WHERE pipeline_id IN (?) AND state = 'RUNNING'`,
        [pipelineIds, pipelineIds],
      );
      return live.length === 0;
    },
  };
}
