import type { TrackToDispatch } from '@baton/domain';
import { labelSetOf, trackEntryId } from './track-message.ts';
import type { TrackQueue } from './track-queue.ts';

/** Where a track's entry is in its queue. */
export type QueuePlace =
  | {
      kind: 'waiting';
      /** 1: it is the next; null: too far back to be counted. */
      position: number | null;
      /** Entries in the queue, this one among them. */
      length: number;
      /** Ids of the tracks that come before it, the next one first; of many the first. */
      before: number[];
    }
  /** Somebody has taken the entry and is asking for the track. */
  | { kind: 'taken' }
  /** There is no entry: it was never made, or Redis has lost it. */
  | { kind: 'absent' };

/** So many of those before it are named. */
const NAMED_BEFORE = 10;
/** Ids of entries, never their contents: an id says which track it is. */
const READ_AT_ONCE = 1000;
const MAX_READ = 20_000;

/**
 * Entries wait in two lists, as BullMQ has them: those that were given back, which are taken first from the right end, and
 * all others by priority and by whose turn it is (queue-order).
 * @throws the connection's error while Redis is away
 */
export async function findQueuePlace(
  queues: Pick<TrackQueue, 'queueOf' | 'childQueue'>,
  track: Pick<TrackToDispatch, 'trackId' | 'attempt' | 'seq' | 'labels' | 'runsPipeline'>,
): Promise<QueuePlace> {
  const queue = track.runsPipeline === true ? queues.childQueue() : queues.queueOf(labelSetOf(track.labels));
  const id = trackEntryId(track);
  const state = await queue.getJobState(id);
  if (state === 'active') return { kind: 'taken' };
  if (state !== 'waiting' && state !== 'prioritized') return { kind: 'absent' };
  const [givenBack, length] = await Promise.all([queue.getRanges(['wait'], 0, READ_AT_ONCE - 1, true), queue.count()]);
  const first = await queue.getRanges(['prioritized'], 0, READ_AT_ONCE - 1, true);
  const before = [...givenBack, ...first];
  let place = before.indexOf(id);
  for (let start = READ_AT_ONCE; place < 0 && start < Math.min(length, MAX_READ); start += READ_AT_ONCE) {
    const found = (await queue.getRanges(['prioritized'], start, start + READ_AT_ONCE - 1, true)).indexOf(id);
    if (found >= 0) place = givenBack.length + start + found;
  }
  if (place >= 0) return { kind: 'waiting', position: place + 1, length, before: trackIdsOf(before.slice(0, place)) };
  // Somebody has taken it since its state was read, unless the queue is too long to look for it.
  return length <= MAX_READ
    ? { kind: 'taken' }
    : { kind: 'waiting', position: null, length, before: trackIdsOf(before) };
}

/** An entry's id begins with its track's, as `trackEntryId` makes it. */
function trackIdsOf(entryIds: readonly string[]): number[] {
  return entryIds.slice(0, NAMED_BEFORE).flatMap((entryId) => {
    const [, trackId] = /^t(\d+)-/.exec(entryId) ?? [];
    return trackId === undefined ? [] : [Number(trackId)];
  });
}
