import {
  findLimitStatus,
  findPipelineAction,
  loadPipelineGraph,
  runsPipeline,
  type GraphVertex,
  type LastAction,
  type LimitStatus,
  type PipelineRecord,
  type StoredGraph,
  type WhyTrack,
  type WorkerRecord,
} from '@baton/database';
import { servesLabels } from '@baton/domain';
import { findQueuePlace, type QueuePlace } from '@baton/queue';
import { listKnownWorkers } from './alive-workers.ts';
import type { AppDeps } from './app-deps.ts';
import { getPipeline } from './show-pipeline.ts';

export type WhyDeps = Pick<AppDeps, 'database' | 'queue' | 'isRedisReady' | 'settings' | 'logger'>;

/** A pipeline with its graph. */
export interface WhyPipeline {
  pipeline: PipelineRecord;
  graph: StoredGraph;
}

/** What one answer looks up, each thing once however many tracks ask for it. */
export interface WhySources {
  deps: WhyDeps;
  /** @throws BatonError pipeline_not_found */
  pipelineOf(pipelineId: number): Promise<WhyPipeline>;
  /** Those that are alive. */
  workers(): Promise<WorkerRecord[]>;
  limitOf(key: string): Promise<LimitStatus>;
  pauseOf(pipelineId: number): Promise<LastAction | null>;
  /** Null: Redis is away. */
  placeOf(track: WhyTrack, vertex: GraphVertex): Promise<QueuePlace | null>;
}

/** So many of the tracks under a limit are named. */
const NAMED_HOLDERS = 10;

export function createWhySources(deps: WhyDeps): WhySources {
  const { database } = deps;
  const pipelineOf = remember(async (pipelineId: number) => {
    const pipeline = await getPipeline(database, pipelineId);
    return { pipeline, graph: await loadPipelineGraph(database.dataSource, database, pipeline) };
  });
  const workers = remember(() => listKnownWorkers(deps, { all: false }));
  return {
    deps,
    pipelineOf,
    workers: () => workers(null),
    limitOf: remember((key: string) => findLimitStatus(database, key, NAMED_HOLDERS)),
    pauseOf: remember((pipelineId: number) => findPipelineAction(database, pipelineId, ['pause'])),
    placeOf: (track, vertex) => findPlace(deps, track, vertex),
  };
}

function remember<K, V>(load: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const known = new Map<K, Promise<V>>();
  return (key) => {
    const found = known.get(key) ?? load(key);
    known.set(key, found);
    return found;
  };
}

/** A hint like all that Redis says: where it fails the answer does without. */
async function findPlace(deps: WhyDeps, track: WhyTrack, vertex: GraphVertex): Promise<QueuePlace | null> {
  if (!deps.isRedisReady()) return null;
  const { id: trackId, attempt, dispatchSeq: seq } = track;
  const entry = { trackId, attempt, seq, labels: vertex.policies.labels };
  try {
    return await findQueuePlace(deps.queue, runsPipeline(vertex) ? { ...entry, runsPipeline: true } : entry);
  } catch (error) {
    deps.logger.warn({ event: 'queue_not_read', trackId, err: error });
    return null;
  }
}

/** The workers that may take a track with these labels. */
export function servingWorkers(workers: readonly WorkerRecord[], labels: readonly string[]): WorkerRecord[] {
  return workers.filter(
    ({ isDraining, problem, labels: served }) => !isDraining && problem === null && servesLabels(served, labels),
  );
}
