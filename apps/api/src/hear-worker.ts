import {
  findAppliedRuns,
  findProtocol,
  findTrackQueues,
  readClock,
  recordHeartbeat,
  recordProcess,
  renewLeases,
  type WorkerReport,
} from '@baton/database';
import { labelsOf, servesLabels } from '@baton/domain';
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
  protocol: number;
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
  const queues = (await findTrackQueues(database)).filter((labelSet) =>
    servesLabels(worker.labels, labelsOf(labelSet)),
  );
  const protocol = await findProtocol(database);
  return { leaseMs, protocol, heartbeatMs, queues, running: renewed, applied: [...applied] };
}

interface Status {
  workerId: string;
  host: string;
  pid: number;
  softwareVersion: string;
  uptimeMs: number;
  clock: string;
  kept: number;
  oldestKeptMs: number;
  counters: Record<string, number>;
}

/** Keeps what a worker says of itself, with its clock beside the database's. */
export async function keepStatus({ database }: Pick<AppDeps, 'database'>, status: Status): Promise<void> {
  const { workerId: id, clock, kept, oldestKeptMs, ...report } = status;
  const clockSkewMs = new Date(clock).getTime() - (await readClock(database.dataSource)).getTime();
  await recordProcess(database, { ...report, id, kind: 'worker', settings: { kept, oldestKeptMs }, clockSkewMs });
}
