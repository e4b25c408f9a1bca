import type { TrackToDispatch } from '@baton/domain';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { orderTracks, priorityOfScore, setScores, type PlacedTrack } from './queue-order.ts';
import { refuseWhileAway } from './redis.ts';
import { CHILD_QUEUE, labelSetOf, trackEntryId, trackQueueName, type TrackMessage } from './track-message.ts';

const ENTRIES_AT_ONCE = 1000;

/** The way of tracks to workers. Everything in it can be made anew from MySQL. */
export interface TrackQueue {
  /** @throws the connection's error while Redis is away: the reconcile loop enqueues the tracks later */
  enqueueTracks(tracks: readonly TrackToDispatch[]): Promise<void>;
  /** Which of these entries are still waiting in their queue, in the order asked. */
  areQueued(
    tracks: readonly Pick<TrackToDispatch, 'trackId' | 'attempt' | 'seq' | 'labels' | 'runsPipeline'>[],
  ): Promise<boolean[]>;
  /** The queue of a label set, for the dashboard. */
  queueOf(labelSet: string): Queue;
  /** The queue of tracks that run pipelines, for the dashboard. */
  childQueue(): Queue;
  close(): Promise<void>;
}

/** @param redis a producer's connection; stays the caller's to close */
export function createTrackQueue(redis: Redis, prefix: string): TrackQueue {
  const queues = new Map<string, Queue>();
  const queueNamed = (name: string): Queue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, {
      connection: redis,
      prefix,
      skipVersionCheck: true,
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    });
    queue.on('error', ignoreReported);
    queues.set(name, queue);
    return queue;
  };
  return {
    queueOf: (labelSet) => queueNamed(trackQueueName(labelSet)),
    childQueue: () => queueNamed(CHILD_QUEUE),
    async enqueueTracks(tracks) {
      // A queue that is first used while Redis is away would wait for it, and whoever started a pipeline with it.
      refuseWhileAway(redis);
      for (const [name, group] of groupByQueue(orderTracks(tracks, Date.now()))) {
        const queue = queueNamed(name);
        for (let start = 0; start < group.length; start += ENTRIES_AT_ONCE) {
          const placed = group.slice(start, start + ENTRIES_AT_ONCE);
          await queue.addBulk(placed.map(entryOf));
          setScores(redis, queue.toKey('prioritized'), placed);
        }
      }
    },
    async areQueued(tracks) {
      refuseWhileAway(redis);
      return Promise.all(
        tracks.map(async (track) => {
          const state = await queueNamed(queueNameOf(track)).getJobState(trackEntryId(track));
          return state === 'waiting' || state === 'prioritized';
        }),
      );
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function entryOf({ track, score }: PlacedTrack): {
  name: string;
  data: TrackMessage;
  opts: { jobId: string; priority: number };
} {
  const { trackId, attempt, seq, pipelineId, pipeline, vertex, graph } = track;
  return {
    name: `${graph}/${vertex}`,
    data: { v: 1, trackId, attempt, seq, pipelineId, pipeline, vertex, graph },
    opts: { jobId: trackEntryId(track), priority: priorityOfScore(score) },
  };
}

function queueNameOf({ runsPipeline, labels }: Pick<TrackToDispatch, 'labels' | 'runsPipeline'>): string {
  return runsPipeline === true ? CHILD_QUEUE : trackQueueName(labelSetOf(labels));
}

function groupByQueue(tracks: readonly PlacedTrack[]): Map<string, PlacedTrack[]> {
  const groups = new Map<string, PlacedTrack[]>();
  for (const placed of tracks) {
    const name = queueNameOf(placed.track);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [placed]);
    else group.push(placed);
  }
  return groups;
}

/** BullMQ repeats on every queue what the connection reports once (redis.ts); without a listener it would end the process. */
export function ignoreReported(): void {}
