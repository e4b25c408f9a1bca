import type { Completion, FlowEvent } from '@baton/domain';
import { inChunks, selectRows, type Runner } from './statements.ts';

/**
 * Leaves out the ends of runs that were guessed from a lease that had run out, where the lease is not over any more: since
 * somebody looked, its worker has renewed it or has asked for its claim again, and was told to go on. To be called under the
 * locks of the pipelines; it locks the tracks, so that from here on no renewal comes in between.
 */
export async function dropRenewed(
  runner: Runner,
  events: ReadonlyMap<number, readonly FlowEvent[]>,
): Promise<{ events: ReadonlyMap<number, readonly FlowEvent[]>; renewed: number }> {
  const guessed = [...events.values()].flatMap((list) => list.filter(isGuessed));
  if (guessed.length === 0) return { events, renewed: 0 };
  const over = new Set<string>();
  const ids = guessed.map(({ completion }) => completion.trackId).toSorted((one, other) => one - other);
  for (const chunk of inChunks(ids)) {
    for (const { runId } of await selectRows<{ runId: string }>(runner, SELECT_OVER, [chunk])) over.add(runId);
  }
  const isTrue = (event: FlowEvent): boolean => !isGuessed(event) || over.has(event.completion.runId);
  const kept = new Map([...events].map(([pipelineId, list]) => [pipelineId, list.filter(isTrue)]));
  return { events: kept, renewed: guessed.filter((event) => !isTrue(event)).length };
}

function isGuessed(event: FlowEvent): event is { kind: 'completion'; completion: Completion; ifLeaseIsOver: true } {
  return event.kind === 'completion' && event.ifLeaseIsOver === true;
}

const SELECT_OVER = `SELECT run_id AS runId FROM track FORCE INDEX (PRIMARY)
  WHERE id IN (?) AND state = 'RUNNING' AND due_at <= UTC_TIMESTAMP(6) ORDER BY id FOR UPDATE`;
