import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from './data-source.ts';
import { measureClockSkew } from './server-settings.ts';
import { execute, selectRows } from './statements.ts';

export type ProcessKind = 'api' | 'orchestrator' | 'worker';

/** What a process says of itself. */
export interface ProcessReport {
  id: string;
  kind: ProcessKind;
  host: string;
  pid: number;
  softwareVersion: string;
  /** Those that others depend on or doctor looks at. */
  settings: Record<string, number | string>;
  counters: Record<string, number>;
  /** How far its clock is ahead of the database's. */
  clockSkewMs: number;
  /** Since its start. */
  uptimeMs: number;
}

export interface ProcessRecord extends Omit<ProcessReport, 'uptimeMs'> {
  startedAt: Date;
  seenAt: Date;
  isAlive: boolean;
}

/** So often each process reports. */
export const REPORT_INTERVAL_MS = 5000;
/** One that has not reported for so long is gone. */
const ALIVE_MS = 4 * REPORT_INTERVAL_MS;
const KEEP_DAYS = 7;
const MAX_PROCESSES = 1000;

export async function recordProcess(database: Database, report: ProcessReport): Promise<void> {
  await execute(
    database.dataSource,
    `INSERT INTO process (id, kind, host, pid, software_version, settings, counters, clock_skew_ms, started_at, seen_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND, UTC_TIMESTAMP(6))
      ON DUPLICATE KEY UPDATE settings = VALUES(settings), counters = VALUES(counters),
        clock_skew_ms = VALUES(clock_skew_ms), seen_at = VALUES(seen_at)`,
    [
      report.id,
      report.kind,
      report.host,
      report.pid,
      report.softwareVersion,
      JSON.stringify(report.settings),
      JSON.stringify(report.counters),
      Math.round(report.clockSkewMs),
      Math.round(report.uptimeMs * 1000),
    ],
  );
}

interface ProcessRow extends Omit<ProcessRecord, 'settings' | 'counters' | 'isAlive'> {
  settings: string;
  counters: string;
  isAlive: number;
}

/** @returns processes that have reported within so many milliseconds, the latest first; among them may be some that are gone */
export async function findProcesses(database: Database, seenWithinMs: number = ALIVE_MS): Promise<ProcessRecord[]> {
  const rows = await selectRows<ProcessRow>(
    database.dataSource,
    `SELECT id, kind, host, pid, software_version AS softwareVersion, settings, counters, clock_skew_ms AS clockSkewMs,
        started_at AS startedAt, seen_at AS seenAt, seen_at >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND AS isAlive
      FROM process WHERE seen_at >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND ORDER BY seen_at DESC LIMIT ${MAX_PROCESSES}`,
    [ALIVE_MS * 1000, seenWithinMs * 1000],
  );
  return rows.map((row) => ({
    ...row,
    settings: JSON.parse(row.settings) as ProcessRecord['settings'],
    counters: JSON.parse(row.counters) as ProcessRecord['counters'],
    clockSkewMs: Number(row.clockSkewMs),
    isAlive: row.isAlive === 1,
  }));
}

/** A process that stops in order says so; what it has counted stays. */
async function markProcessGone(database: Database, id: string): Promise<void> {
  await execute(
    database.dataSource,
    `UPDATE process SET seen_at = LEAST(seen_at, UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND) WHERE id = ?`,
    [(ALIVE_MS + 1) * 1000, id],
  );
}

export interface ReportOptions {
  kind: 'api' | 'orchestrator';
  softwareVersion: string;
  settings: ProcessReport['settings'];
  readCounters: () => Record<string, number>;
  /** A report that failed; the next one comes in any case. */
  onError: (error: unknown) => void;
  intervalMs?: number;
}

/** Reports a process now and every few seconds. @returns its id, and what ends it */
export async function startReporting(
  database: Database,
  options: ReportOptions,
): Promise<{ id: string; stop(): Promise<void> }> {
  const { kind, softwareVersion, settings, intervalMs = REPORT_INTERVAL_MS } = options;
  const id = `${kind.slice(0, 1)}-${randomBytes(9).toString('base64url')}`;
  let reporting: Promise<void> = Promise.resolve();
  const report = async (): Promise<void> => {
    try {
      const clockSkewMs = await measureClockSkew(database);
      const [counters, uptimeMs] = [options.readCounters(), process.uptime() * 1000];
      const host = hostname();
      const { pid } = process;
      await recordProcess(database, {
        id,
        kind,
        host,
        pid,
        softwareVersion,
        settings,
        counters,
        clockSkewMs,
        uptimeMs,
      });
    } catch (error) {
      options.onError(error);
    }
  };
  await report();
  let isReporting = false;
  const timer = setInterval(() => {
    if (isReporting) return;
    isReporting = true;
    reporting = report().finally(() => (isReporting = false));
  }, intervalMs);
  return {
    id,
    async stop() {
      clearInterval(timer);
      await reporting;
      await markProcessGone(database, id).catch(options.onError);
    },
  };
}

/** Processes that have been gone for a week. @returns how many were forgotten */
export async function forgetProcesses(database: Database): Promise<number> {
  const { affectedRows } = await execute(
    database.dataSource,
    `DELETE FROM process WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL ${KEEP_DAYS} DAY ORDER BY seen_at LIMIT 1000`,
  );
  return affectedRows;
}

/**
 * What processes know of each other's messages. 1: as in version 0.1.0. 2: claims ahead of slots and releases of them, and
 * several completions in one entry of their queue. 3: hand-over.
 */
export const PROTOCOL = 3;

const protocols = new WeakMap<Database, { protocol: number; readAt: number }>();

/** @returns what all APIs and orchestrators that are alive know; as of a report ago at most */
export async function findProtocol(database: Database): Promise<number> {
  const known = protocols.get(database);
  if (known !== undefined && performance.now() - known.readAt < REPORT_INTERVAL_MS) return known.protocol;
  const alive = (await findProcesses(database)).filter(({ kind, isAlive }) => kind !== 'worker' && isAlive);
  const protocol = Math.min(PROTOCOL, ...alive.map(({ settings }) => Number(settings['protocol'] ?? 1)));
  protocols.set(database, { protocol, readAt: performance.now() });
  return protocol;
}
