import { completionSchema, type Completion } from '@baton/domain';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { signCompletion } from './completion-signature.ts';
import { ignoreReported } from './track-queue.ts';

export const COMPLETION_QUEUE = 'completions';

/** A completion with the proof that it comes from the holder of the claim. */
export const completionMessageSchema = z.object({
  v: z.literal(1),
  completion: completionSchema,
  signature: z.string().max(128),
});

export type CompletionMessage = z.infer<typeof completionMessageSchema>;

export interface CompletionQueue {
  /**
   * @param key of the attempt, from its claim
   * @param seq counts the times this completion was sent
   */
  reportCompletion(completion: Completion, key: string, seq: number): Promise<void>;
  queue: Queue;
  close(): Promise<void>;
}

/** @param redis a producer's connection; stays the caller's to close */
export function createCompletionQueue(redis: Redis, prefix: string): CompletionQueue {
  const queue = new Queue(COMPLETION_QUEUE, {
    connection: redis,
    prefix,
    skipVersionCheck: true,
    defaultJobOptions: { attempts: 1, removeOnComplete: true },
  });
  queue.on('error', ignoreReported);
  return {
    queue,
    async reportCompletion(completion, key, seq) {
      const message: CompletionMessage = { v: 1, completion, signature: signCompletion(key, completion) };
      const name = `track ${completion.trackId} attempt ${completion.attempt}`;
      await queue.add(name, message, {
        jobId: `c${completion.trackId}-a${completion.attempt}-r${completion.runId}-s${seq}`,
      });
    },
    close: () => queue.close(),
  };
}
