import type { PipelineState, TrackState } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** What is under way; what has ended is not counted, so that the cost does not grow with the history. */
export interface LiveCounts {
  pipelines: Map<PipelineState, number>;
  tracks: Map<TrackState, number>;
  /** Since when the oldest track that waits for a worker is PENDING, ms; 0 where none does. */
  oldestPendingMs: number;
  /** Since when the oldest track that waits for a person does, ms; 0 where none does. */
  oldestAwaitedMs: number;
}

const LIVE_PIPELINES: readonly PipelineState[] = ['RUNNING', 'PAUSED'];
const LIVE_TRACKS: readonly TrackState[] = ['WAITING', 'PENDING', 'RUNNING'];

/** Counts pipelines and tracks under way; every live state has a number. */
export async function countLive(database: Database): Promise<LiveCounts> {
  const runner = database.dataSource;
  const pipelines = await selectRows<{ state: PipelineState; count: number }>(
    runner,
    'SELECT state, COUNT(*) AS count FROM pipeline WHERE state IN (?) GROUP BY state',
    [LIVE_PIPELINES],
  );
  const tracks = await selectRows<{ state: TrackState; count: number }>(
    runner,
    'SELECT state, COUNT(*) AS count FROM track WHERE state IN (?) GROUP BY state',
    [LIVE_TRACKS],
  );
  const [oldest] = await selectRows<{ ageMs: number | null }>(
    runner,
    `SELECT TIMESTAMPDIFF(MICROSECOND, MIN(pending_at), UTC_TIMESTAMP(6)) / 1000 AS ageMs
       FROM track WHERE state = 'PENDING' AND awaits IS NULL`,
  );
  const [awaited] = await selectRows<{ ageMs: number | null }>(
    runner,
    `SELECT TIMESTAMPDIFF(MICROSECOND, MIN(COALESCE(finished_at, pending_at)), UTC_TIMESTAMP(6)) / 1000 AS ageMs
       FROM track WHERE awaits IS NOT NULL`,
  );
  return {
    pipelines: countsOf(LIVE_PIPELINES, pipelines),
    tracks: countsOf(LIVE_TRACKS, tracks),
    oldestPendingMs: Math.max(Number(oldest?.ageMs ?? 0), 0),
    oldestAwaitedMs: Math.max(Number(awaited?.ageMs ?? 0), 0),
  };
}

function countsOf<S>(states: readonly S[], rows: readonly { state: S; count: number }[]): Map<S, number> {
  const counts = new Map<S, number>(states.map((state) => [state, 0]));
  for (const { state, count } of rows) counts.set(state, Number(count));
  return counts;
}
