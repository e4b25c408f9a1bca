import { randomBytes } from 'node:crypto';
import { readCompletionSecret } from '@baton/database';
import { completionOf } from '@baton/database/testing';
import type { Completion } from '@baton/domain';
import {
  completionKey,
  connectRedis,
  createCompletionQueue,
  createTrackQueue,
  waitForRedis,
  type Queue,
} from '@baton/queue';
import type { ChaosStack } from '../chaos/chaos-stack.ts';
import { callApi, waitUntil } from '../testing/call-api.ts';

/** The queues of a stack in the hands of a test: it claims as a worker does, and writes what it likes. */
export interface QueueScene {
  completions: Queue;
  tracks: Queue;
  redis: ReturnType<typeof connectRedis>;
  /** @throws Error where it is refused */
  claim(track: { trackId: number; attempt: number }): Promise<ClaimedRun>;
  /**
   * Writes a completion of a run as often as asked, each time as an entry of its own.
   * @param changes to the completion that it exited with 0; `key`: signed by that of another
   */
  report(run: Omit<ClaimedRun, 'key'> & { key?: string }, changes?: Partial<Completion>, times?: number): Promise<void>;
  /** Resolves when every entry of the completions has been handled or parked. */
  waitUntilHandled(): Promise<void>;
  close(): Promise<void>;
}

interface ClaimedRun {
  trackId: number;
  attempt: number;
  runId: string;
  /** From the claim. */
  key: string;
}

export const WORKER_ID = 'w-of-the-test';

export async function openQueueScene(stack: ChaosStack): Promise<QueueScene> {
  const worker = callApi(stack.url, stack.workerToken);
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'producer', () => {});
  await waitForRedis(redis, 10_000);
  const completions = createCompletionQueue(redis, stack.redisPrefix);
  const tracks = createTrackQueue(redis, stack.redisPrefix);
  const secret = await readCompletionSecret(stack.database);
  let seq = 0;
  return {
    completions: completions.queue,
    tracks: tracks.queueOf('default'),
    redis,
    async claim({ trackId, attempt }) {
      const runId = randomBytes(16).toString('base64url');
      const { results } = await worker.post<{ results: { granted: boolean; run?: { completionKey: string } }[] }>(
        '/worker/claims',
        { workerId: WORKER_ID, labels: ['default', 'nobody'], claims: [{ trackId, attempt, runId }] },
      );
      const key = results[0]?.run?.completionKey;
      if (key === undefined) throw new Error(`the claim was refused: ${JSON.stringify(results)}`);
      return { trackId, attempt, runId, key };
    },
    async report({ key, ...run }, changes = {}, times = 1) {
      const completion = completionOf(run, { workerId: WORKER_ID, ...changes });
      for (let sent = 0; sent < times; sent += 1) {
        await completions.reportCompletion(completion, key ?? completionKey(secret, completion), (seq += 1));
      }
    },
    async waitUntilHandled() {
      const count = (): Promise<number> => completions.queue.getJobCountByTypes('wait', 'active', 'prioritized');
      await waitUntil(count, (entries) => entries === 0);
    },
    async close() {
      await completions.close();
      await tracks.close();
      redis.disconnect();
    },
  };
}
