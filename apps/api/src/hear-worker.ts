import { findAppliedRuns, findTrackQueues, recordHeartbeat, renewLeases, type WorkerReport } from '@baton/database';
import type { AppDeps } from './app-deps.ts';

interface Run {
  trackId: number;
  attempt: number;
  runId: string;
}

interface Heartbeat {
  worker: Omit<WorkerReport, 'startedAt'> & { startedAt: string };
  running: readonly Run[];
  reported: readonly Run[];
}

interface HeartbeatAnswer {
  leaseMs: number;
  heartbeatMs: number;
  queues: string[];
  running: { runId: string; state: 'held' | 'cancel' | 'lost' }[];
  applied: string[];
}

/** Takes one heartbeat. The leases come first: they are what is short of time. */
export async function hearWorker(
  { database, settings }: Pick<AppDeps, 'database' | 'settings'>,
  { worker, running, reported }: Heartbeat,
): Promise<HeartbeatAnswer> {
  const { leaseMs, heartbeatMs } = settings;
  const renewed = await renewLeases(database, { workerId: worker.id, leaseMs, runs: [...running] });
  const applied = await findAppliedRuns(database, [...reported]);
  await recordHeartbeat(database, { ...worker, startedAt: new Date(worker.startedAt) });
  const queues = (await findTrackQueues(database)).filter((labelSet) => servesLabelSet(worker.labels, labelSet));
  return { leaseMs, heartbeatMs, queues, running: renewed, applied: [...applied] };
}

/** A worker may run a vertex when it serves every label of the vertex's set. */
function servesLabelSet(labels: readonly string[], labelSet: string): boolean {
  return labelSet.split('+').every((label) => labels.includes(label));
}
