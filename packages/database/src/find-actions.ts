import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** @returns the ids of the persons' actions in a pipeline's history that begin so; read from one index alone */
export async function findActionIds(database: Database, pipelineId: number, prefix: string): Promise<string[]> {
  const rows = await selectRows<{ actionId: string }>(
    database.dataSource,
    'SELECT action_id AS actionId FROM pipeline_event WHERE pipeline_id = ? AND action_id LIKE ?',
    [pipelineId, `${prefix.replace(/[\\%_]/g, (character) => `\\${character}`)}%`],
  );
  return rows.map(({ actionId }) => actionId);
}
