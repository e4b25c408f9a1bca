import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the processes said of themselves: counted, never judged by. */
export interface LogCounts {
  /** Lines, or what they count, by event. */
  events: Record<string, number>;
  /** Worker ids by pid. */
  workerIds: ReadonlyMap<number, string>;
  /** Their names by id. */
  workerNames: ReadonlyMap<string, string>;
  /** Claims of attempts that were not to be had any more. */
  refused: { trackId: number; attempt: number; runId: string }[];
  /** Ends of processes by an error that nobody caught. */
  crashes: string[];
}

/** Events that say how many they stand for. */
const COUNTED: Record<string, string> = {
  enqueued_again: 'tracks',
  redis_was_empty: 'tracks',
  limit_waiters_woken: 'tracks',
  leases_expired: 'tracks',
  stale_completions: 'count',
  spool_replayed: 'completions',
  repaired: 'repairs',
};

interface LogLine {
  event?: string;
  pid?: number;
  workerId?: string;
  worker?: string;
  trackId?: number;
  attempt?: number;
  runId?: string;
  err?: { message?: string; stack?: string };
  [field: string]: unknown;
}

export async function readLogs(directory: string): Promise<LogCounts> {
  const events: Record<string, number> = {};
  const workerIds = new Map<number, string>();
  const workerNames = new Map<string, string>();
  const crashes: string[] = [];
  const refused: LogCounts['refused'] = [];
  for (const file of await readdir(directory)) {
    for (const line of parseLines(await readFile(join(directory, file), 'utf8'))) {
      const { event, pid, workerId } = line;
      if (event === undefined) continue;
      if (event === 'ready' && pid !== undefined && workerId !== undefined) {
        workerIds.set(pid, workerId);
        workerNames.set(workerId, line.worker ?? workerId);
      }
      if (event === 'crashed') crashes.push(`${file}: ${line.err?.stack ?? JSON.stringify(line)}`);
      const { trackId, attempt, runId } = line;
      if (event === 'claim_refused' && trackId !== undefined && attempt !== undefined && runId !== undefined) {
        refused.push({ trackId, attempt, runId });
      }
      events[event] = (events[event] ?? 0) + countOf(line[COUNTED[event] ?? '']);
    }
  }
  return { events, workerIds, workerNames, refused, crashes };
}

function countOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : 1;
}

/** Servers write lines of other forms; a process that is killed may leave half a line. */
function parseLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return []; // half a line of a process that was killed
    }
  });
}
