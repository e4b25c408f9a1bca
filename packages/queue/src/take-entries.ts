import type { Redis } from 'ioredis';
import { refuseWhileAway } from './redis.ts';
import { trackMessageSchema, trackQueueName, type TrackMessage } from './track-message.ts';

/*
 * The first entries of a queue, taken out of it at once: for whoever claims tracks for others. BullMQ hands entries out one by
 * one, to workers that then have them; here they are gone, and their tracks are PENDING in MySQL. So whoever dies over them
 * leaves the tracks to the reconcile loop, which finds that their entries are missing.
 *
 * The keys are BullMQ's: the entries that wait are in `prioritized`, each with a hash of its own that holds its data. A queue
 * that a person has paused gives none.
 */

export interface TakenEntry {
  queueName: string;
  id: string;
  /** Of its place in the queue. */
  score: string;
  /** The fields of its hash. */
  fields: string[];
  message: TrackMessage;
}

const TAKE = `
if redis.call('HEXISTS', KEYS[1] .. 'meta', 'paused') == 1 then return {} end
local popped = redis.call('ZPOPMIN', KEYS[1] .. 'prioritized', ARGV[1])
local taken = {}
for i = 1, #popped, 2 do
  local key = KEYS[1] .. popped[i]
  taken[#taken + 1] = { popped[i], popped[i + 1], redis.call('HGETALL', key) }
  redis.call('DEL', key)
end
return taken`;

const PUT_BACK = `
for i = 1, #ARGV, 3 do
  local fields = cjson.decode(ARGV[i + 2])
  if #fields > 0 then redis.call('HSET', KEYS[1] .. ARGV[i], unpack(fields)) end
  redis.call('ZADD', KEYS[1] .. 'prioritized', ARGV[i + 1], ARGV[i])
end
redis.call('ZADD', KEYS[1] .. 'marker', 0, '0')`;

/** @throws the connection's error while Redis is away: then what was taken may be gone */
export async function takeEntries(
  { redis, prefix }: { redis: Redis; prefix: string },
  labelSet: string,
  count: number,
): Promise<TakenEntry[]> {
  refuseWhileAway(redis);
  const queueName = trackQueueName(labelSet);
  const key = `${prefix}:${queueName}:`;
  const found = (await redis.eval(TAKE, 1, key, count)) as [string, string, string[]][];
  const taken: TakenEntry[] = [];
  const strange: Omit<TakenEntry, 'message'>[] = [];
  for (const [id, score, fields] of found) {
    const message = trackMessageSchema.safeParse(dataOf(fields));
    if (message.success) taken.push({ queueName, id, score, fields, message: message.data });
    else strange.push({ queueName, id, score, fields });
  }
  // Whoever pulls from the queue parks them, where people see them.
  await putBack({ redis, prefix }, strange);
  return taken;
}

/** Where they were. Workers that wait for entries are woken. */
export async function putBack(
  { redis, prefix }: { redis: Redis; prefix: string },
  entries: readonly Omit<TakenEntry, 'message'>[],
): Promise<void> {
  for (const queueName of new Set(entries.map((entry) => entry.queueName))) {
    const own = entries.filter((entry) => entry.queueName === queueName);
    const values = own.flatMap(({ id, score, fields }) => [id, score, JSON.stringify(fields)]);
    await redis.eval(PUT_BACK, 1, `${prefix}:${queueName}:`, ...values);
  }
}

function dataOf(fields: readonly string[]): unknown {
  const at = fields.indexOf('data');
  try {
    return JSON.parse(fields[at + 1] ?? '');
  } catch {
    return undefined;
  }
}
