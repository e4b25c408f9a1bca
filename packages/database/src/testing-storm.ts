import { pipelineIdOf, type Completion, type FlowEvent, type TrackToDispatch } from '@baton/domain';
import type { RandomSource } from '@baton/domain/testing';
import { applyFlowEvents } from './apply-flow-events.ts';
import { claimAttempts, type RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { findDueTracks, findExpiredRuns, takeDueTracks } from './find-stranded.ts';
import { fillLimits, takeLimitWaiters } from './limit-waiters.ts';
import { execute, selectRows } from './statements.ts';
import { completionOf, makeRunId, TEST_LEASE_MS, type TestFlow } from './testing-flow.ts';
import { withRetries } from './with-transaction.ts';

/**
 * Pipelines under limits, a queue that loses entries, and workers that vanish: everything that may happen to a track,
 * happening at random.
 */
export interface Storm {
  database: Database;
  pipelineIds: readonly number[];
  random: RandomSource;
  /** Entries that wait for a worker. */
  queue: TrackToDispatch[];
  /** What workers run, and have not reported. */
  runs: RunKey[];
  /** How often each thing was done. */
  done: Record<string, number>;
}

export function createStorm(flows: readonly TestFlow[], random: RandomSource): Storm {
  const database = flows[0]?.database;
  if (database === undefined) throw new Error('a storm needs pipelines');
  const pipelineIds = flows.map(({ pipelineId }) => pipelineId);
  return { database, pipelineIds, random, queue: flows.flatMap(({ toDispatch }) => toDispatch), runs: [], done: {} };
}

/** Does one thing; any number of callers at once. */
export async function stepStorm(storm: Storm): Promise<void> {
  const lot = storm.random.share();
  if (lot < 0.45) await claimSome(storm);
  else if (lot < 0.9) await endSome(storm);
  else if (lot < 0.99) await reconcileStorm(storm);
  else if ((storm.done['granted'] ?? 0) > 80 && storm.done['cancel'] === undefined) {
    note(storm, 'cancel');
    await applyAll(storm, storm.pipelineIds[0] ?? 0, { kind: 'cancel' });
  }
}

/** Every pipeline has ended and nothing runs. */
export async function isStormOver({ database, pipelineIds }: Storm): Promise<boolean> {
  const live = await selectRows(
    database.dataSource,
    `SELECT id FROM pipeline WHERE id IN (?) AND state IN ('RUNNING', 'PAUSED')
     UNION ALL SELECT id FROM track WHERE pipeline_id IN (?) AND state = 'RUNNING'`,
    [pipelineIds, pipelineIds],
  );
  return live.length === 0;
}

function note({ done }: Storm, what: string): void {
  done[what] = (done[what] ?? 0) + 1;
}

/** Takes some out of a list. */
function takeSome<T>({ random }: Storm, items: T[], most: number): T[] {
  const wanted = Math.min(items.length, 1 + random.below(most));
  return Array.from({ length: wanted }, () => items.splice(random.below(items.length), 1)).flat();
}

/** Now and then an entry is lost, as by a Redis that is emptied. */
function enqueue({ queue, random }: Storm, tracks: readonly TrackToDispatch[]): void {
  queue.push(...tracks.filter(() => !random.chance(0.03)));
}

/** A transition as the orchestrator makes it; at times the process is gone between its commit and what comes after. */
async function applyAll(storm: Storm, pipelineId: number, event: FlowEvent): Promise<void> {
  const { toDispatch, freedLimits } = await applyFlowEvents(storm.database, new Map([[pipelineId, [event]]]));
  enqueue(storm, toDispatch);
  if (freedLimits.length === 0) return;
  if (storm.random.chance(0.7)) enqueue(storm, await takeLimitWaiters(storm.database, freedLimits));
  else note(storm, 'wake-up lost');
}

async function claimSome(storm: Storm): Promise<void> {
  const tracks = takeSome(storm, storm.queue, 8);
  if (tracks.length === 0) return;
  const claims = tracks.map(({ trackId, attempt }) => ({ trackId, attempt, runId: makeRunId() }));
  const request = { workerId: 'storm', labels: ['default'], leaseMs: TEST_LEASE_MS, claims };
  // A reply that is lost is asked for again.
  if (storm.random.chance(0.1)) await claimAttempts(storm.database, request);
  for (const [index, result] of (await claimAttempts(storm.database, request)).entries()) {
    note(storm, result.granted ? 'granted' : result.why);
    const asked = claims[index];
    if (result.granted && asked !== undefined) storm.runs.push(asked);
  }
}

async function endSome(storm: Storm): Promise<void> {
  for (const run of takeSome(storm, storm.runs, 3)) {
    const lot = storm.random.share();
    if (lot < 0.12) {
      // Its worker vanishes: the lease runs out, and somebody has to notice.
      note(storm, 'vanished');
      const sql = 'UPDATE track SET due_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ? AND run_id = ?';
      await withRetries(() => execute(storm.database.dataSource, sql, [run.trackId, run.runId]));
      continue;
    }
    const completion = completionOf(run, lot < 0.3 ? { exitCode: 1 } : {});
    await complete(storm, completion);
    // Reported twice, as by a worker that did not hear that it was applied.
    if (storm.random.chance(0.1)) await complete(storm, completion);
  }
}

function complete(storm: Storm, completion: Completion): Promise<void> {
  return applyAll(storm, pipelineIdOf(completion.trackId), { kind: 'completion', completion });
}

/** What the orchestrator does every few seconds. */
async function reconcileStorm(storm: Storm): Promise<void> {
  const { database, queue } = storm;
  for (const run of await findExpiredRuns(database, 10)) {
    note(storm, 'lost');
    await complete(storm, completionOf(run, { outcome: 'lost', workerId: run.workerId }));
  }
  enqueue(storm, await fillLimits(database));
  if (queue.length === 0) await makeAllDue(storm);
  enqueue(storm, await takeDueTracks(database, await findDueTracks(database, 100)));
}

/** Nobody waits for a clock in here: whatever is PENDING is due. */
async function makeAllDue({ database, pipelineIds }: Storm): Promise<void> {
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
