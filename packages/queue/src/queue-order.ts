import type { TrackToDispatch } from '@baton/domain';
import type { Redis } from 'ioredis';
import { trackEntryId } from './track-message.ts';

/*
 * The order of a queue of tracks: the higher priority first, then whose turn it is (findTurn).
 *
 * BullMQ keeps entries that have a priority in a sorted set and takes the lowest score, which is for BullMQ its priority * 2^32
 * + a counter. Of its 2^21 priorities each of ours has a band of 2^10, so 2^42 scores: enough for a time in milliseconds since
 * 1970 until the year 2109. An entry comes in with that priority of the band which its time falls into, and its exact score
 * is set right afterwards. Between the two, and when it was given back, it stands before the others of its band: BullMQ
 * counts from the beginning of a priority, which lasts 49 days. Should the score not be set, that is all that is wrong.
 */

/** The largest sum of a pipeline's priority and a vertex's. */
export const MAX_PRIORITY = 2000;
/** Scores of one of BullMQ's priorities. */
const SCORES_OF_BULLMQ = 2 ** 32;
const SCORES_OF_BAND = 2 ** 42;

type Ordered = Pick<TrackToDispatch, 'priority' | 'turnMs'>;

/** Never in another priority's band, whatever the time. @param nowMs ms since 1970, for tracks without a turn */
export function scoreOf({ priority, turnMs }: Ordered, nowMs: number): number {
  const band = MAX_PRIORITY - clamp(priority, 0, MAX_PRIORITY);
  // BullMQ's priority 0 would be none, and come before all: hence not the first 49 days of 1970.
  return band * SCORES_OF_BAND + clamp(Math.round(turnMs ?? nowMs), SCORES_OF_BULLMQ, SCORES_OF_BAND - 1);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** @returns the priority with which BullMQ is to take an entry that shall have this score */
export function priorityOfScore(score: number): number {
  return Math.floor(score / SCORES_OF_BULLMQ);
}

/** A track with its score. */
export interface PlacedTrack {
  track: TrackToDispatch;
  score: number;
}

/** @returns in the order in which they are to be taken, those that are equal as they were */
export function orderTracks(tracks: readonly TrackToDispatch[], nowMs: number): PlacedTrack[] {
  return tracks.map((track) => ({ track, score: scoreOf(track, nowMs) })).sort((a, b) => a.score - b.score);
}

/**
 * Sets the scores of entries that are still waiting. It is a hint like everything in the queue: nobody waits for it, commands
 * that are sent later on the same connection find it done, and tracks without a turn need none.
 * @param key of BullMQ's sorted set
 */
export function setScores(redis: Redis, key: string, placed: readonly PlacedTrack[]): void {
  if (placed.every(({ track }) => track.turnMs === undefined)) return;
  const scores = placed.flatMap(({ track, score }) => [score, trackEntryId(track)]);
  // Where Redis has just gone away the entries are gone as well, or stand before others of their priority.
  redis.zadd(key, 'XX', ...scores).catch(() => {});
}
