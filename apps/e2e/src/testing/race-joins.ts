import { randomBytes } from 'node:crypto';
import { completionOf } from '@baton/database/testing';
import {
  connectRedis,
  createCompletionQueue,
  createTrackQueue,
  waitForRedis,
  type CompletionQueue,
  type TrackQueue,
} from '@baton/queue';
import { callApi, waitForEnd, waitUntil, type ApiCaller, type TrackAnswer } from './call-api.ts';
import type { TestStack } from './start-test-stack.ts';

/**
 * Joins under a race, on a running stack without workers: the test claims as a worker would and reports all predecessors'
 * completions at the same instant, so that they reach different orchestrator processes. Every predecessor is one of every
 * join.
 */
export interface JoinRaceResult {
  rounds: number;
  /** Rounds in which each join had one queue entry, its first, and four claims at once got it one time. */
  startedOnce: number;
  never: number;
  more: number;
  finished: number;
}

interface Claimed {
  trackId: number;
  attempt: number;
  runId: string;
  completionKey: string;
}

const WORKER_ID = 'w-race';

export async function raceJoins(
  stack: TestStack,
  options: { rounds: number; predecessors: number; joins?: number },
): Promise<JoinRaceResult> {
  const admin = callApi(stack.url, stack.token);
  const worker = callApi(stack.url, stack.workerToken);
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'producer', () => {});
  await waitForRedis(redis, 10_000);
  const completions = createCompletionQueue(redis, stack.redisPrefix);
  const tracks = createTrackQueue(redis, stack.redisPrefix);
  const names = Array.from({ length: options.predecessors }, (_, index) => `p${index}`);
  const joins = Array.from({ length: options.joins ?? 1 }, (_, index) => `join${index}`);
  const graph = `race-${names.length}-${joins.length}`;
  await admin.post('/graphs', {
    name: graph,
    vertices: [...names, ...joins].map((name) => ({ name, script: 'true' })),
    edges: names.flatMap((name) => joins.map((join) => [name, join])),
  });
  const result: JoinRaceResult = { rounds: options.rounds, startedOnce: 0, never: 0, more: 0, finished: 0 };
  for (let round = 0; round < options.rounds; round += 1) {
    await tracks.queueOf('default').drain();
    const { id } = await admin.post<{ id: number }>('/pipelines', { graph });
    const pending = await claimPending(admin, worker, id);
    await Promise.all(pending.map((claimed) => report(completions, claimed)));
    const ready = await waitForJoins(admin, id);
    if (ready.length !== joins.length) {
      result.never += 1;
      continue;
    }
    const granted = await Promise.all(ready.map((join) => startJoin({ tracks, worker }, join)));
    if (granted.every(({ isOnce }) => isOnce)) result.startedOnce += 1;
    else result.more += 1;
    await Promise.all(granted.flatMap(({ first }) => (first === undefined ? [] : [report(completions, first)])));
    if ((await waitForEnd(admin, id)).state === 'FINISH') result.finished += 1;
  }
  await completions.close();
  await tracks.close();
  redis.disconnect();
  return result;
}

/** @returns whether the join was enqueued once and granted once, and its claim */
async function startJoin(
  { tracks, worker }: { tracks: TrackQueue; worker: ApiCaller },
  join: TrackAnswer,
): Promise<{ isOnce: boolean; first: Claimed | undefined }> {
  const entries = await waitForEntries(tracks, join.id);
  const granted = await raceForClaim(worker, join);
  const isOnce = entries.length === 1 && entries[0] === `t${join.id}-a1-d1` && granted.length === 1;
  return { isOnce, first: granted[0] };
}

async function claimPending(admin: ApiCaller, worker: ApiCaller, pipelineId: number): Promise<Claimed[]> {
  const { items } = await admin.get<{ items: TrackAnswer[] }>(
    `/pipelines/${pipelineId}/tracks?state=PENDING&limit=200`,
  );
  const claimed = await claim(worker, items);
  if (claimed.length !== items.length) throw new Error(`${claimed.length} of ${items.length} claims were granted`);
  return claimed;
}

/** Four workers that got the same track: only one of them may start it. */
async function raceForClaim(worker: ApiCaller, join: TrackAnswer): Promise<Claimed[]> {
  return (await Promise.all([1, 2, 3, 4].map(() => claim(worker, [join])))).flat();
}

/** @returns those that were granted */
async function claim(worker: ApiCaller, tracks: readonly TrackAnswer[]): Promise<Claimed[]> {
  const claims = tracks.map(({ id, attempt }) => ({
    trackId: id,
    attempt,
    runId: randomBytes(16).toString('base64url'),
  }));
  const { results } = await worker.post<{
    results: ({ granted: true; run: { completionKey: string } } | { granted: false })[];
  }>('/worker/claims', { workerId: WORKER_ID, labels: ['default'], claims });
  return claims.flatMap((one, index) => {
    const answer = results[index];
    return answer?.granted === true ? [{ ...one, completionKey: answer.run.completionKey }] : [];
  });
}

/** The queue entries of a track, once there is one: an orchestrator enqueues after its commit. */
async function waitForEntries(tracks: TrackQueue, trackId: number): Promise<string[]> {
  const ask = async (): Promise<string[]> =>
    (await tracks.queueOf('default').getJobs())
      .filter((entry) => (entry.data as { trackId: number }).trackId === trackId)
      .map(({ id }) => id ?? '');
  return waitUntil(ask, (ids) => ids.length > 0, 10_000);
}

async function report(completions: CompletionQueue, { completionKey, ...run }: Claimed): Promise<void> {
  const completion = completionOf(run, { workerId: WORKER_ID });
  await completions.reportCompletion(completion, completionKey, 1);
}

/** The joins once they are PENDING and nothing else is on its way; none where they never are. */
async function waitForJoins(admin: ApiCaller, pipelineId: number): Promise<TrackAnswer[]> {
  const isJoin = ({ vertex }: TrackAnswer): boolean => vertex.startsWith('join');
  const ask = async (): Promise<TrackAnswer[]> =>
    (await admin.get<{ items: TrackAnswer[] }>(`/pipelines/${pipelineId}/tracks?limit=200`)).items;
  const all = await waitUntil(
    ask,
    (items) => items.every((track) => track.state === (isJoin(track) ? 'PENDING' : 'SUCCEED')),
    10_000,
  ).catch(() => []); // an empty list tells the caller, who counts it
  return all.filter(isJoin);
}
