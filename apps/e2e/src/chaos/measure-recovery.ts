import type { Evidence } from './evidence.ts';
import type { Fault, FaultKind } from './faults.ts';
import { readNames } from './read-names.ts';

/**
 * How long it took until the flow went on where a fault had stopped it, from the moment of the fault, so with the time in which
 * the server or process was down and with the lease that has to run out.
 *
 * - `runs` (a worker was killed): each attempt that it ran, until the START of the next attempt of that track, or until the end
 *   of this one was recorded where that came first (the worker's next life replayed it, or there is no further attempt).
 * - `ends` (an orchestrator was killed): each attempt whose script had written END and whose end was not recorded yet, until it
 *   is; where there was none, the first end that is recorded at all.
 * - `starts` (Redis, MariaDB): the first START of an attempt that was PENDING at the moment of the fault and that was claimed
 *   when the server was back; not in the first moments, as workers may have had its entry in hand. Nothing is measured where
 *   nothing was PENDING.
 */
export interface InjectedFault {
  kind: string;
  target: string;
  recovery: FaultKind['recovery'];
  atMs: number;
  /** When it was undone; null: not at all, or it never came to it. */
  endedAtMs: number | null;
  mayLose: Fault['mayLose'];
  /** Of the process that it ended. */
  pid: number | null;
  error: string | null;
}

/**
 * @param workerIds by pid, as the workers' logs say
 * @returns ms, by kind of fault, one an attempt or fault as above
 */
export function measureRecovery(
  faults: readonly InjectedFault[],
  evidence: Evidence,
  workerIds: ReadonlyMap<number, string>,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const look = { ...collect(evidence), workerIds };
  for (const fault of faults) {
    if (fault.recovery === null) continue;
    const samples = SAMPLES[fault.recovery](fault, look);
    found.set(fault.kind, [...(found.get(fault.kind) ?? []), ...samples]);
  }
  return found;
}

interface Look {
  attempts: readonly (Evidence['rows']['attempts'][number] & { endAtMs: number | null })[];
  /** By track and attempt. */
  startOf: ReadonlyMap<string, number>;
  workerIds: ReadonlyMap<number, string>;
}

function collect({ journal, rows, answers }: Evidence): Omit<Look, 'workerIds'> {
  const names = readNames({ rows, answers });
  const endOf = new Map(journal.filter(({ kind }) => kind === 'END').map(({ runId, atMs }) => [runId, atMs]));
  const starts = journal.filter(({ kind }) => kind === 'START');
  const startOf = new Map(
    starts.flatMap(({ pipelineId, vertex, attempt, atMs }) => {
      const track = names.tracks.get(`${pipelineId} ${vertex}`);
      return track === undefined ? [] : [[keyOf({ ...track, attempt }), atMs] as const];
    }),
  );
  return { attempts: rows.attempts.map((row) => ({ ...row, endAtMs: endOf.get(row.runId) ?? null })), startOf };
}

const IN_HAND_MS = 100;

function keyOf({ pipelineId, vertexId, attempt }: { pipelineId: number; vertexId: number; attempt: number }): string {
  return `${pipelineId} ${vertexId} ${attempt}`;
}

const SAMPLES: Record<NonNullable<FaultKind['recovery']>, (fault: InjectedFault, look: Look) => number[]> = {
  runs({ atMs, pid }, { attempts, startOf, workerIds }) {
    const workerId = workerIds.get(pid ?? 0);
    const stopped = attempts.filter(
      (attempt) => attempt.workerId === workerId && attempt.startedAtMs <= atMs && attempt.finishedAtMs > atMs,
    );
    return stopped.map((attempt) => {
      const next = startOf.get(keyOf({ ...attempt, attempt: attempt.attempt + 1 }));
      return (attempt.result === 'lost' && next !== undefined ? next : attempt.finishedAtMs) - atMs;
    });
  },
  ends({ atMs }, { attempts }) {
    const waiting = attempts.filter(
      ({ endAtMs, finishedAtMs }) => endAtMs !== null && endAtMs <= atMs && finishedAtMs > atMs,
    );
    if (waiting.length > 0) return waiting.map(({ finishedAtMs }) => finishedAtMs - atMs);
    return earliest(attempts.map(({ finishedAtMs }) => finishedAtMs - atMs));
  },
  starts({ atMs, endedAtMs }, { attempts, startOf }) {
    const back = (endedAtMs ?? atMs) + IN_HAND_MS;
    const waiting = attempts.filter(({ pendingAtMs, startedAtMs }) => pendingAtMs <= atMs && startedAtMs > back);
    return earliest(waiting.map((attempt) => (startOf.get(keyOf(attempt)) ?? Number.NaN) - atMs));
  },
};

function earliest(times: readonly number[]): number[] {
  const later = times.filter((ms) => ms > 0);
  return later.length === 0 ? [] : [later.reduce((least, ms) => Math.min(least, ms))];
}

/** @param share 0.5 for the median; nearest rank */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
