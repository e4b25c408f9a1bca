import {
  findPipelineEvents,
  loadPipelineGraph,
  type Database,
  type PipelineEvent,
  type StoredGraph,
} from '@baton/database';
import type { JsonValue } from '@baton/domain';
import { z } from 'zod';
import { getPipeline } from './show-pipeline.ts';

export const historyEventSchema = z
  .strictObject({
    id: z.int(),
    at: z.iso.datetime(),
    kind: z
      .string()
      .describe("a person's action (pause, choose, approve, rerun, ...), or start, flow, claim, release, child"),
    actor: z.string().nullable().describe("the token's name; null: the flow itself"),
    reason: z.string().nullable().describe('as the person says'),
    changes: z
      .record(z.string(), z.json())
      .describe(
        'values after it, as `pipeline`, `tracks`, `attempts`; what did not change is absent; parameter values are hidden',
      ),
  })
  .meta({ id: 'HistoryEvent' });

export type HistoryEvent = z.output<typeof historyEventSchema>;

/** One event may be a megabyte long: a page ends early where it gets longer than that. */
const MAX_PAGE_LENGTH = 1024 * 1024;
const READ_AT_ONCE = 20;

/**
 * What happened to a pipeline, oldest first.
 * @returns `limit` events at most; fewer do not mean the end: that says `nextCursor`, null
 * @throws BatonError pipeline_not_found
 */
export async function showHistory(
  database: Database,
  pipelineId: number,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<{ items: HistoryEvent[]; nextCursor: string | null }> {
  const pipeline = await getPipeline(database, pipelineId);
  const graph = await loadPipelineGraph(database.dataSource, database, pipeline);
  const items: HistoryEvent[] = [];
  let length = 0;
  let after = afterId;
  for (;;) {
    const events = await findPipelineEvents(database, pipelineId, { after, limit: READ_AT_ONCE });
    for (const event of events) {
      if (items.length === limit || length > MAX_PAGE_LENGTH) return { items, nextCursor: String(after) };
      const { body, ...shown } = event;
      const changes = describeBody(graph, body);
      items.push({ ...shown, at: event.at.toISOString(), changes: changes.value });
      length += changes.length;
      after = event.id;
    }
    if (events.length < READ_AT_ONCE) return { items, nextCursor: null };
  }
}

/** With the names of the vertices beside their ids. */
function describeBody(
  graph: StoredGraph,
  body: PipelineEvent['body'],
): { value: Record<string, JsonValue>; length: number } {
  const text = JSON.stringify(body, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('vertexId' in value)) return value;
    const { vertexId, ...rest } = value;
    const vertex = typeof vertexId === 'number' ? graph.vertices.get(vertexId)?.name : undefined;
    return { vertexId, ...(vertex === undefined ? {} : { vertex }), ...rest };
  });
  return { value: JSON.parse(text) as Record<string, JsonValue>, length: text.length };
}
