import { completionSchema, type Completion } from '@baton/domain';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { signCompletion } from './completion-signature.ts';
import { ignoreReported } from './track-queue.ts';

export const COMPLETION_QUEUE = 'completions';

/** A completion with the proof that it comes from the holder of the claim. */
const signedCompletionSchema = z.object({ completion: completionSchema, signature: z.string().max(128) });
export type SignedCompletion = z.infer<typeof signedCompletionSchema>;

const MAX_TOGETHER = 256;

/** One completion, as each was sent up to version 0.1.0, or several that a worker had at the same time. */
export const completionMessageSchema = z.union([
  signedCompletionSchema
    .extend({ v: z.literal(1) })
    .transform(({ completion, signature }) => ({ completions: [{ completion, signature }] })),
  z
    .object({ v: z.literal(2), completions: z.array(signedCompletionSchema).min(1).max(MAX_TOGETHER) })
    .transform(({ completions }) => ({ completions })),
]);

export type CompletionMessage = z.infer<typeof completionMessageSchema>;

export interface CompletionQueue {
  /**
   * Those that are reported while one entry is on its way are the next entry, together.
   * @param key of the attempt, from its claim
   * @param seq counts the times this completion was sent
   * @throws the connection's error: whether it was sent is not known
   */
  reportCompletion(completion: Completion, key: string, seq: number): Promise<void>;
  queue: Queue;
  close(): Promise<void>;
}

interface Waiting extends SignedCompletion {
  seq: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * @param redis a producer's connection; stays the caller's to close
 * @param mayTogether whether the orchestrators understand several in one entry
 */
export function createCompletionQueue(
  redis: Redis,
  prefix: string,
  mayTogether = (): boolean => false,
): CompletionQueue {
  const queue = new Queue(COMPLETION_QUEUE, {
    connection: redis,
    prefix,
    skipVersionCheck: true,
    defaultJobOptions: { attempts: 1, removeOnComplete: true },
  });
  queue.on('error', ignoreReported);
  let waiting: Waiting[] = [];
  let isSending = false;
  const sendAll = async (): Promise<void> => {
    isSending = true;
    while (waiting.length > 0) {
      const limit = mayTogether() ? MAX_TOGETHER : 1;
      const batch = waiting.slice(0, limit);
      waiting = waiting.slice(limit);
      try {
        await addEntry(queue, batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isSending = false;
  };
  return {
    queue,
    reportCompletion: (completion, key, seq) =>
      new Promise((resolve, reject) => {
        waiting.push({ completion, signature: signCompletion(key, completion), seq, resolve, reject });
        if (!isSending) void sendAll();
      }),
    close: () => queue.close(),
  };
}

async function addEntry(queue: Queue, batch: readonly Waiting[]): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { trackId, attempt, runId } = first.completion;
  const jobId = `c${trackId}-a${attempt}-r${runId}-s${first.seq}`;
  const completions = batch.map(({ completion, signature }): SignedCompletion => ({ completion, signature }));
  if (batch.length > 1) await queue.add(`${batch.length} tracks`, { v: 2, completions }, { jobId });
  else await queue.add(`track ${trackId} attempt ${attempt}`, { v: 1, ...completions[0] }, { jobId });
}
