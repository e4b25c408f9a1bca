import type { Database } from './data-source.ts';
import { execute } from './statements.ts';

/** What a worker says of itself with each heartbeat. */
export interface WorkerReport {
  id: string;
  name: string;
  host: string;
  pid: number;
  softwareVersion: string;
  isolationLevel: string;
  labels: readonly string[];
  /** Scripts that it runs at once. */
  slots: number;
  /** It ends when what it runs has ended, and takes nothing more. */
  isDraining: boolean;
  /** Why it takes nothing more although it lives, in words; null or absent: it does. */
  problem?: string | null | undefined;
  startedAt: Date;
}

/** Notes that a worker is alive, on the database's clock, and what it says of itself. */
export async function recordHeartbeat(database: Database, worker: WorkerReport): Promise<void> {
  await execute(
    database.dataSource,
    `INSERT INTO worker (id, name, host, pid, software_version, isolation_level, labels, slots, is_draining, problem, started_at, seen_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))
      ON DUPLICATE KEY UPDATE name = VALUES(name), host = VALUES(host), pid = VALUES(pid),
        software_version = VALUES(software_version), isolation_level = VALUES(isolation_level), labels = VALUES(labels),
        slots = VALUES(slots), is_draining = VALUES(is_draining), problem = VALUES(problem), started_at = VALUES(started_at), seen_at = VALUES(seen_at)`,
    [
      worker.id,
      worker.name,
      worker.host,
      worker.pid,
      worker.softwareVersion,
      worker.isolationLevel,
      JSON.stringify(worker.labels),
      worker.slots,
      worker.isDraining ? 1 : 0,
      worker.problem ?? null,
      worker.startedAt,
    ],
  );
}
