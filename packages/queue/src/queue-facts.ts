import type { Queue } from 'bullmq';

/** How a queue is. */
export interface QueueFacts {
  name: string;
  waiting: number;
  /** Entries that nobody could take, kept aside. */
  parked: number;
  /** Somebody has paused the queue itself, with BullMQ's means: Baton never does. */
  isPaused: boolean;
  /** Since when the oldest entry without a priority (a completion) waits, ms; null where none does. */
  oldestMs: number | null;
}

/** @throws the connection's error while Redis is away */
export async function readQueueFacts(queue: Queue): Promise<QueueFacts> {
  const [counts, isPaused, [oldest]] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'failed'),
    queue.isPaused(),
    queue.getJobs(['wait'], 0, 0, true),
  ]);
  return {
    name: queue.name,
    waiting: (counts['wait'] ?? 0) + (counts['prioritized'] ?? 0),
    parked: counts['failed'] ?? 0,
    isPaused,
    oldestMs: oldest === undefined ? null : Math.max(0, Date.now() - oldest.timestamp),
  };
}

/** What is parked, the latest first: why, by entry. */
export async function readParked(queue: Queue, limit: number): Promise<{ id: string; why: string }[]> {
  const entries = await queue.getFailed(0, limit - 1);
  return entries.map(({ id, failedReason }) => ({ id: id ?? '', why: failedReason ?? '' }));
}
