import type { Redis } from 'ioredis';

/**
 * A nudge says "look now" to every worker: something was cancelled. It carries nothing; the worker asks the API, whose
 * answer counts. A nudge that is lost costs one heartbeat interval.
 */
function channelOf(prefix: string): string {
  return `${prefix}:nudge`;
}

export async function publishNudge(redis: Redis, prefix: string): Promise<void> {
  await redis.publish(channelOf(prefix), '');
}

/** @param redis a subscriber's connection of its own */
export async function subscribeNudges(redis: Redis, prefix: string, onNudge: () => void): Promise<void> {
  const channel = channelOf(prefix);
  redis.on('message', (from: string) => {
    if (from === channel) onNudge();
  });
  await redis.subscribe(channel);
}
