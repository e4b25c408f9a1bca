import { pipelineIdOf, vertexIdOf, type FlowEvent } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

const SELECT_EXPIRED_TRACKS = `SELECT id FROM track
  WHERE state = 'PENDING' AND expires_at <= UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?`;

/** One branch a state: each reads its own piece of the index up to now, which IN with an order by would not do. */
const SELECT_EXPIRED_PIPELINES = ['RUNNING', 'PAUSED']
  .map(
    (state) => `(SELECT id FROM pipeline WHERE state = '${state}' AND deadline_at <= UTC_TIMESTAMP(6)
    ORDER BY deadline_at LIMIT ?)`,
  )
  .join(' UNION ALL ');

/**
 * Finds what has lasted too long: gates and waits in the queue of PENDING tracks, and live pipelines past their deadlines.
 * @param limit of each kind
 * @returns the events by which the rules end them; whether they really have expired is decided under the pipeline's lock
 */
export async function findExpired(database: Database, limit: number): Promise<Map<number, FlowEvent[]>> {
  const events = new Map<number, FlowEvent[]>();
  const pipelines = await selectRows<{ id: number }>(database.dataSource, SELECT_EXPIRED_PIPELINES, [limit, limit]);
  for (const { id } of pipelines) events.set(id, [{ kind: 'expire' }]);
  for (const { id } of await selectRows<{ id: number }>(database.dataSource, SELECT_EXPIRED_TRACKS, [limit])) {
    const pipelineId = pipelineIdOf(id);
    const event = { kind: 'expire_track', vertexId: vertexIdOf(id) } as const;
    events.set(pipelineId, [...(events.get(pipelineId) ?? []), event]);
  }
  return events;
}
