import { createHash } from 'node:crypto';
import { findActionIds, type Database, type PersonAction } from '@baton/database';
import { BatonError } from '@baton/domain';
import { z } from 'zod';
import type { Call } from './http/route-types.ts';

/** Why somebody does it; kept in the pipeline's history. */
export const reasonField = z.string().max(500).optional().describe('why; kept in the history');

/** Of every call by which a person moves a pipeline or a track. */
export const actionHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 visible ASCII characters')
    .optional()
    .describe('the same key and request again are done once, whatever has happened since'),
});

/** What a person does, as it is recorded; `key` is null where the caller gave none, and then the action has no id yet. */
export interface RepeatableAction extends PersonAction {
  key: { text: string; prefix: string; actionId: string } | null;
}

/**
 * Who acts, why, and the id by which the action is found when it is sent again. The id holds the token, its
 * Idempotency-Key and a digest of the request, so that a key that was used for something else is noticed.
 * @param call its body is what must be the same when its key is the same
 */
export function personAction(
  call: Pick<Call, 'identity' | 'request'> & { headers: z.output<typeof actionHeaders>; body: unknown },
  reason: string | undefined,
): RepeatableAction {
  const { identity, request, headers, body } = call;
  const who = { actor: identity.name, reason: reason ?? null };
  const text = headers['idempotency-key'];
  if (text === undefined) return { ...who, actionId: null, key: null };
  const prefix = `${identity.tokenId}:${text}:`;
  const digest = createHash('sha256')
    .update(JSON.stringify([request.path, body]))
    .digest('base64url')
    .slice(0, 20);
  const actionId = prefix + digest;
  return { ...who, actionId, key: { text, prefix, actionId } };
}

/** @throws BatonError idempotency_key_reused where the pipeline's history has the key with another request */
export async function refuseReusedKey(database: Database, pipelineId: number, action: RepeatableAction): Promise<void> {
  if (action.key === null) return;
  const { text, prefix, actionId } = action.key;
  const used = await findActionIds(database, pipelineId, prefix);
  const others = used.filter((id) => id !== actionId && id.length === actionId.length);
  if (others.length === 0) return;
  const detail = `expected the request that the Idempotency-Key ${text} was used with, found another one`;
  throw new BatonError('idempotency_key_reused', detail);
}
