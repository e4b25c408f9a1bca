import type { TrackToDispatch } from '@baton/domain';
import { DEFAULT_LABEL, labelSetOf } from '@baton/domain';
import { z } from 'zod';

/** What a queue entry holds: ids, and names for people. Never a script, a parameter or a secret. */
export const trackMessageSchema = z.object({
  v: z.literal(1),
  trackId: z.int().positive(),
  attempt: z.int().positive(),
  seq: z.int().nonnegative(),
  pipelineId: z.int().positive(),
  pipeline: z.string(),
  vertex: z.string(),
  graph: z.string(),
});

export type TrackMessage = z.infer<typeof trackMessageSchema>;

export { DEFAULT_LABEL, labelSetOf };

/** One queue a label set. */
export function trackQueueName(labelSet: string): string {
  return labelSet === DEFAULT_LABEL ? 'tracks' : `tracks-${labelSet}`;
}

/** Tracks that run pipelines of their own, for the orchestrators. */
export const CHILD_QUEUE = 'children';

/** Unique for each enqueueing: an id that was used before may be blocked by what a crash left. */
export function trackEntryId(track: Pick<TrackToDispatch, 'trackId' | 'attempt' | 'seq'>): string {
  return `t${track.trackId}-a${track.attempt}-d${track.seq}`;
}
