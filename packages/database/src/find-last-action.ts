import type { Database } from './data-source.ts';
import type { EventKind } from './pipeline-events.ts';
import { selectRows } from './statements.ts';

/** What a person did last. */
export interface LastAction {
  kind: EventKind;
  actor: string | null;
  reason: string | null;
  at: Date;
}

/**
 * Only persons' actions have an id: through its index the many events of the flow are never looked at.
 * @returns the last action of a person that named this track; null: none ever did
 */
export async function findLastAction(
  database: Database,
  { pipelineId, vertexId }: { pipelineId: number; vertexId: number },
): Promise<LastAction | null> {
  const [row] = await selectRows<LastAction>(
    database.dataSource,
    `SELECT kind, actor, reason, at FROM pipeline_event FORCE INDEX (uq_pipeline_event_action)
     WHERE pipeline_id = ? AND action_id IS NOT NULL AND (JSON_EXTRACT(body, '$.action.vertexId') = ?
       OR JSON_CONTAINS(body, ?, '$.action.from.vertexIds'))
     ORDER BY id DESC LIMIT 1`,
    [pipelineId, vertexId, String(vertexId)],
  );
  return row ?? null;
}
