import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { runIdSchema } from '@baton/domain';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/*
 * Hand-over: with its completions a worker offers places for further runs, and whoever applies the completions claims tracks
 * for them, and tells the worker over a channel of its own.
 *
 * What is said there holds scripts and values, so it is sealed: only the worker, the API and the orchestrators have its key,
 * which is made of the installation's secret. Nobody else can read it, and nobody else can make a worker run anything. A
 * message that is lost leaves a claim that nobody runs: the worker asks the API about offers that were never answered.
 */

/** Of one worker. It gets it from the API, over its own authenticated call. */
export function workerKey(secret: Buffer, workerId: string): string {
  return createHmac('sha256', secret).update(`worker:${workerId}`).digest('base64url');
}

export const MAX_OFFERED = 256;
export const MAX_QUEUES_OFFERED = 100;

const offerSchema = z.object({
  workerId: z.string().min(1).max(64),
  /** Counts the worker's offers. */
  number: z.int().nonnegative(),
  /** What it serves. */
  labels: z.array(z.string().max(63)).min(1).max(100),
  /** The label sets whose queues it pulls from. */
  queues: z.array(z.string().max(1024)).max(MAX_QUEUES_OFFERED),
  /** As the API told it, ms. */
  leaseMs: z.int().positive().max(3_600_000),
  /** Each for one run. */
  ids: z.array(runIdSchema).min(1).max(MAX_OFFERED),
});
export type Offer = z.infer<typeof offerSchema>;

export const signedOfferSchema = z.object({ offer: offerSchema, signature: z.string().max(128) });
export type SignedOffer = z.infer<typeof signedOfferSchema>;

export function signOffer(key: string, offer: Offer): SignedOffer {
  return { offer, signature: signatureOf(key, offer) };
}

export function isOfferSignedBy(key: string, { offer, signature }: SignedOffer): boolean {
  const [expected, found] = [Buffer.from(signatureOf(key, offer)), Buffer.from(signature)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function signatureOf(key: string, offer: Offer): string {
  const { workerId, number, labels, queues, leaseMs, ids } = offer;
  const text = JSON.stringify([workerId, number, labels, queues, leaseMs, ids]);
  return createHmac('sha256', key).update(`offer:${text}`).digest('base64url');
}

/**
 * The run id of a track that is claimed for an offered place: no other track has it, though an entry with the same offer be
 * delivered twice.
 */
export function handedRunId(id: string, { trackId, attempt }: { trackId: number; attempt: number }): string {
  return createHash('sha256').update(`${id}:${trackId}:${attempt}`).digest('base64url').slice(0, 22);
}

/** A run that was claimed for an offered place. */
export interface HandedRun<Run> {
  /** The place. */
  id: string;
  trackId: number;
  attempt: number;
  runId: string;
  /** What is to be run; null: to be asked for, it is too large for a message. */
  run: Run | null;
}

export interface HandedMessage<Run> {
  /** Offers that nothing more will be claimed for, and for how many of their places something was: all that is told of them. */
  answered: { number: number; runs: number }[];
  runs: HandedRun<Run>[];
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

export function sealMessage(key: string, message: HandedMessage<unknown>): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealKey(key), iv);
  const sealed = [cipher.update(JSON.stringify(message), 'utf8'), cipher.final()];
  return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]);
}

/** @throws Error where it was sealed with another key, or changed */
export function openMessage<Run>(key: string, sealed: Buffer): HandedMessage<Run> {
  const decipher = createDecipheriv(CIPHER, sealKey(key), sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString();
  return JSON.parse(text) as HandedMessage<Run>;
}

function sealKey(key: string): Buffer {
  return createHmac('sha256', key).update('seal').digest();
}

function channelOf(prefix: string, workerId: string): string {
  return `${prefix}:handed:${workerId}`;
}

/** Longer ones are sent in parts. */
const MAX_MESSAGE_BYTES = 512 * 1024;
/** Of one run; what is longer is asked for. */
const MAX_RUN_BYTES = 128 * 1024;

/** @throws the connection's error: the worker asks about what it does not hear of */
export async function publishHanded(
  { redis, prefix }: { redis: Redis; prefix: string },
  { workerId, key }: { workerId: string; key: string },
  { answered, runs }: HandedMessage<unknown>,
): Promise<void> {
  const parts: HandedRun<unknown>[][] = [[]];
  let bytes = 0;
  for (const run of runs) {
    const size = Buffer.byteLength(JSON.stringify(run));
    const isTooLong = size > MAX_RUN_BYTES;
    if (!isTooLong && bytes + size > MAX_MESSAGE_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(isTooLong ? { ...run, run: null } : run);
    bytes += isTooLong ? 0 : size;
  }
  const channel = channelOf(prefix, workerId);
  await Promise.all(
    parts.map((part, index) => {
      const isLast = index === parts.length - 1;
      return redis.publish(channel, sealMessage(key, { answered: isLast ? answered : [], runs: part }));
    }),
  );
}

/** @param redis a subscriber's connection of its own */
export async function subscribeHanded(
  { redis, prefix }: { redis: Redis; prefix: string },
  workerId: string,
  onMessage: (sealed: Buffer) => void,
): Promise<void> {
  const channel = channelOf(prefix, workerId);
  redis.on('messageBuffer', (from: Buffer, sealed: Buffer) => {
    if (from.toString() === channel) onMessage(sealed);
  });
  await redis.subscribe(channel);
}
