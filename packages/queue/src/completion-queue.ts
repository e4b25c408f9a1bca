import { setTimeout as sleep } from 'node:timers/promises';
import { completionSchema, type Completion } from '@baton/domain';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { signCompletion } from './completion-signature.ts';
import { signedOfferSchema, type SignedOffer } from './hand-over.ts';
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
    .transform(({ completion, signature }) => ({ completions: [{ completion, signature }], offered: null })),
  z
    .object({
      v: z.literal(2),
      completions: z.array(signedCompletionSchema).min(1).max(MAX_TOGETHER),
      /** Places that the worker has for further runs. One that cannot be read must not cost the completions. */
      offered: signedOfferSchema.nullable().catch(null),
    })
    .transform(({ completions, offered }) => ({ completions, offered })),
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

/** What the orchestrators understand besides single completions. */
export interface CompletionExtras {
  /** Several in one entry. */
  mayTogether: () => boolean;
  /** Whether the worker has enough to do for a moment: then a few completions are waited for. */
  isBusy: () => boolean;
  /** @param count completions of the entry that it goes along with */
  makeOffer: (count: number) => SignedOffer | null;
}

const NO_EXTRAS: CompletionExtras = { mayTogether: () => false, isBusy: () => false, makeOffer: () => null };
/** A worker with scripts as short as a claim ends many in this time, and none of its slots is without work meanwhile. */
const COLLECT_MS = 20;

/** @param redis a producer's connection; stays the caller's to close */
export function createCompletionQueue(redis: Redis, prefix: string, extras = NO_EXTRAS): CompletionQueue {
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
      if (extras.isBusy()) await sleep(COLLECT_MS);
      const limit = extras.mayTogether() ? MAX_TOGETHER : 1;
      const batch = waiting.slice(0, limit);
      waiting = waiting.slice(limit);
      try {
        await addEntry(queue, batch, extras.makeOffer(batch.length));
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

async function addEntry(queue: Queue, batch: readonly Waiting[], offered: SignedOffer | null): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { trackId, attempt, runId } = first.completion;
  const jobId = `c${trackId}-a${attempt}-r${runId}-s${first.seq}`;
  const completions = batch.map(({ completion, signature }): SignedCompletion => ({ completion, signature }));
  const name = batch.length > 1 ? `${batch.length} tracks` : `track ${trackId} attempt ${attempt}`;
  const isPlain = batch.length === 1 && offered === null;
  const message = isPlain ? { v: 1, ...completions[0] } : { v: 2, completions, offered };
  await queue.add(name, message, { jobId });
}
