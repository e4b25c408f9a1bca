import { randomUUID } from 'node:crypto';
import type { RequestToRemember } from '@baton/database';
import { z } from 'zod';
import type { Call } from './http/route-types.ts';

/** A request that is done once, however often it is sent. */
export interface RepeatableRequest extends RequestToRemember {
  signal: AbortSignal;
  /** The caller gave a key: he may come again for the answer. */
  isRepeatable: boolean;
}

/** Of calls that make something. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 visible ASCII characters')
    .optional()
    .describe('the same key and body again give the first answer; kept for at least 24 hours'),
});

/** Sent with an answer that was given before. */
export const REPLAYED_HEADER = { 'Idempotent-Replayed': 'true' };

/**
 * Without a key a request gets one of its own: a COMMIT whose reply was lost is then still found done.
 * @param content of the request: what must be the same when its key is the same
 */
export function repeatableRequest(
  call: Pick<Call, 'identity' | 'signal' | 'request'> & { headers: z.output<typeof idempotencyHeaders> },
  content: unknown,
): RepeatableRequest {
  const key = call.headers['idempotency-key'];
  const { method, path } = call.request;
  return {
    tokenId: key === undefined ? 'baton' : call.identity.tokenId,
    key: key ?? randomUUID(),
    content: [method, path, content],
    signal: call.signal,
    isRepeatable: key !== undefined,
  };
}
