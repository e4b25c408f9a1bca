import {
  findAppliedRuns,
  findHeldRuns,
  findProtocol,
  findTrackQueues,
  readClock,
  recordHeartbeat,
  recordProcess,
  renewLeases,
  type WorkerReport,
} from '@baton/database';
import { readSecret } from '@baton/claims';
import { labelsOf, servesLabels } from '@baton/domain';
import { workerKey } from '@baton/queue';
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
  asksForHeld?: boolean | undefined;
}

interface HeartbeatAnswer {
  leaseMs: number;
  protocol: number;
  handOverKey: string | null;
  heartbeatMs: number;
  queues: string[];
  running: { runId: string; state: 'held' | 'cancel' | 'lost' }[];
  applied: string[];
  held: Run[];
}

/** Takes one heartbeat. The leases come first: they are what is short of time. */
export async function hearWorker(
  { database, settings }: Pick<AppDeps, 'database' | 'settings'>,
  { worker, running, reported, asksForHeld }: Heartbeat,
): Promise<HeartbeatAnswer> {
  const { leaseMs, heartbeatMs } = settings;
  const renewed = await renewLeases(database, { workerId: worker.id, leaseMs, runs: [...running] });
  const applied = await findAppliedRuns(database, [...reported]);
  await recordHeartbeat(database, { ...worker, startedAt: new Date(worker.startedAt) });
  const queues = (await findTrackQueues(database)).filter((labelSet) =>
    servesLabels(worker.labels, labelsOf(labelSet)),
  );
  const protocol = await findProtocol(database);
  const handOverKey = protocol < HANDS_OVER ? null : workerKey(await readSecret(database), worker.id);
  const held = asksForHeld === true ? await findHeldRuns(database, worker.id) : [];
  return { leaseMs, protocol, handOverKey, heartbeatMs, queues, running: renewed, applied: [...applied], held };
}

/** The protocol that has hand-over. */
const HANDS_OVER = 3;

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
