import { createHmac, timingSafeEqual } from 'node:crypto';
import { completionSchema, type Completion } from '@baton/domain';

/** The key of one attempt: it goes to the worker with the claim, never through Redis, and is derived, never stored. */
export function completionKey(secret: Buffer, attempt: Pick<Completion, 'trackId' | 'attempt' | 'runId'>): string {
  return createHmac('sha256', secret)
    .update(`completion:${attempt.trackId}:${attempt.attempt}:${attempt.runId}`)
    .digest('base64url');
}

/** Whoever can write to Redis cannot forge a result: he lacks the key. */
export function signCompletion(key: string, completion: Completion): string {
  const text = JSON.stringify(completionSchema.parse(completion));
  return createHmac('sha256', key).update(text).digest('base64url');
}

export function isCompletionSignedBy(key: string, completion: Completion, signature: string): boolean {
  const expected = Buffer.from(signCompletion(key, completion));
  const found = Buffer.from(signature);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
