import type { Database } from './data-source.ts';
import type { LastAction } from './find-last-action.ts';
import { countPlaces } from './limit-holders.ts';
import { PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import type { EventKind } from './pipeline-events.ts';
import { selectRows } from './statements.ts';

/** A track that runs under a limit. */
export interface LimitHolder extends PipelineGraphKey {
  trackId: number;
  vertexId: number;
  startedAt: Date;
  pipelineId: number;
  pipeline: string;
}

/** Who fills a limit, and how many would like to. */
export interface LimitStatus {
  /** Of a pool, as its row says; null: there is no such pool, or another limit, whose graph says it. */
  capacity: number | null;
  running: number;
  waiting: number;
  /** The longest running first; not all of them. */
  holders: LimitHolder[];
}

/** @param holders so many of them are named at most */
export async function findLimitStatus(database: Database, key: string, holders: number): Promise<LimitStatus> {
  const runner = database.dataSource;
  const [row] = await selectRows<{ capacity: number | null; waiting: number }>(
    runner,
    `SELECT (SELECT capacity FROM limit_key WHERE name = ?) AS capacity, COUNT(*) AS waiting
     FROM track WHERE waits_for = ? AND waits_rank IS NOT NULL`,
    [key, key],
  );
  const running = (await countPlaces(runner, [key])).get(key)?.live ?? 0;
  const found = await selectRows<LimitHolder>(
    runner,
    `SELECT t.id AS trackId, t.vertex_id AS vertexId, t.started_at AS startedAt, p.id AS pipelineId, p.name AS pipeline,
       ${PIPELINE_GRAPH_COLUMNS}
     FROM limit_holder h STRAIGHT_JOIN track t ON t.id = h.track_id AND t.run_id = h.run_id AND t.state = 'RUNNING'
       STRAIGHT_JOIN pipeline p ON p.id = t.pipeline_id
     WHERE h.limit_key = ? ORDER BY t.started_at, t.id LIMIT ?`,
    [key, holders],
  );
  return { capacity: row?.capacity ?? null, running, waiting: Number(row?.waiting ?? 0), holders: found };
}

/**
 * Only persons' actions have an id: through its index the many events of the flow are never looked at.
 * @returns the last of these actions that a person did to the pipeline; null: none
 */
export async function findPipelineAction(
  database: Database,
  pipelineId: number,
  kinds: readonly EventKind[],
): Promise<LastAction | null> {
  const [row] = await selectRows<LastAction>(
    database.dataSource,
    `SELECT kind, actor, reason, at FROM pipeline_event FORCE INDEX (uq_pipeline_event_action)
     WHERE pipeline_id = ? AND action_id IS NOT NULL AND kind IN (?) ORDER BY id DESC LIMIT 1`,
    [pipelineId, kinds],
  );
  return row ?? null;
}

const TAIL_BYTES = 2000;

/** @returns the last line with something in it that an attempt has printed and its worker has sent; null: none yet */
export async function findLastLine(database: Database, trackId: number, attempt: number): Promise<string | null> {
  const [chunk] = await selectRows<{ tail: Buffer }>(
    database.dataSource,
    `SELECT RIGHT(bytes, ${TAIL_BYTES}) AS tail FROM output_chunk WHERE track_id = ? AND attempt = ? ORDER BY seq DESC LIMIT 1`,
    [trackId, attempt],
  );
  const lines = chunk?.tail.toString('utf8').split('\n') ?? [];
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? null;
}
