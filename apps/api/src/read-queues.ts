import { findTrackQueues } from '@baton/database';
import { readQueueFacts, type Queue, type QueueFacts } from '@baton/queue';
import type { AppDeps } from './app-deps.ts';

type Deps = Pick<AppDeps, 'database' | 'queue' | 'completions' | 'isRedisReady'>;

/** Every queue of the installation: completions, tracks by label set, tracks that run pipelines. */
export function queuesOf({ queue, completions }: Pick<Deps, 'queue' | 'completions'>, labelSets: string[]): Queue[] {
  return [completions, queue.childQueue(), ...labelSets.map((labelSet) => queue.queueOf(labelSet))];
}

/** @returns null while Redis is away */
export async function readQueues(deps: Deps): Promise<QueueFacts[] | null> {
  if (!deps.isRedisReady()) return null;
  const queues = queuesOf(deps, await findTrackQueues(deps.database));
  return Promise.all(queues.map(readQueueFacts));
}
