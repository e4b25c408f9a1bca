import type { Stuck } from '@baton/queue';
import type { OrchestratorDeps } from './apply-events.ts';

/** A consumer or its connection stood still and was made anew. */
export function noteStuck({ counters, logger }: Pick<OrchestratorDeps, 'counters' | 'logger'>, stuck: Stuck): void {
  const { kind, queueName: queue, waiting } = stuck;
  counters.add(kind === 'consumer' ? 'renewed_consumers' : 'renewed_connections', 1, queue);
  logger.error({ event: `${kind}_stuck`, queue, waiting }, 'made anew');
}
