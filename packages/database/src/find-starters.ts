import { pipelineIdOf } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

interface PipelineAbove {
  id: number;
  createdBy: string;
  parentTrackId: number | null;
}

/**
 * Finds by whose doing pipelines run: whoever started one, or made or changed the schedule that did, or asked it to; and whoever
 * gave tracks of it parameters, or ran them again, which may give them others. Of a pipeline that a track runs those of the pipelines above it as well. It reads
 * histories through: to be asked only where it matters.
 * @returns names of tokens by pipeline id
 */
export async function findStarters(
  database: Database,
  pipelineIds: readonly number[],
): Promise<Map<number, ReadonlySet<string>>> {
  const pipelines = await findPipelinesAbove(database, pipelineIds);
  const actors = await findActors(database, [...pipelines.keys()]);
  return new Map(pipelineIds.map((id) => [id, collect(id, pipelines, actors)]));
}

async function findPipelinesAbove(
  database: Database,
  pipelineIds: readonly number[],
): Promise<Map<number, PipelineAbove>> {
  const found = new Map<number, PipelineAbove>();
  for (let level = [...new Set(pipelineIds)]; level.length > 0;) {
    const rows = await selectRows<PipelineAbove>(
      database.dataSource,
      'SELECT id, created_by AS createdBy, parent_track_id AS parentTrackId FROM pipeline WHERE id IN (?)',
      [level],
    );
    for (const row of rows) found.set(row.id, row);
    const above = rows.flatMap(({ parentTrackId }) => (parentTrackId === null ? [] : pipelineIdOf(parentTrackId)));
    level = [...new Set(above)].filter((id) => !found.has(id));
  }
  return found;
}

async function findActors(database: Database, pipelineIds: readonly number[]): Promise<Map<number, string[]>> {
  const actors = new Map<number, string[]>();
  if (pipelineIds.length === 0) return actors;
  const rows = await selectRows<{ pipelineId: number; actor: string }>(
    database.dataSource,
    `SELECT DISTINCT pipeline_id AS pipelineId, actor FROM pipeline_event FORCE INDEX (ix_pipeline_event_pipeline)
     WHERE pipeline_id IN (?) AND kind IN ('start', 'rerun', 'give_params') AND actor IS NOT NULL`,
    [pipelineIds],
  );
  for (const { pipelineId, actor } of rows) actors.set(pipelineId, [...(actors.get(pipelineId) ?? []), actor]);
  return actors;
}

function collect(
  pipelineId: number,
  pipelines: ReadonlyMap<number, PipelineAbove>,
  actors: ReadonlyMap<number, readonly string[]>,
): ReadonlySet<string> {
  const starters = new Set<string>();
  let at = pipelines.get(pipelineId);
  while (at !== undefined) {
    for (const name of [at.createdBy, ...(actors.get(at.id) ?? [])]) starters.add(name);
    at = at.parentTrackId === null ? undefined : pipelines.get(pipelineIdOf(at.parentTrackId));
  }
  return starters;
}
