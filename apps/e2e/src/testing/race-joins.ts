import { randomBytes } from 'node:crypto';
import type { Completion } from '@baton/domain';
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
 * The join under a race, on a running stack without workers: the test claims as a worker would and reports all
 * predecessors' completions at the same instant, so that they reach different orchestrator processes.
 */
export interface JoinRaceResult {
  rounds: number;
  /** Rounds in which the join had one queue entry, its first, and four claims at once got it one time. */
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
  options: { rounds: number; predecessors: number },
): Promise<JoinRaceResult> {
  const admin = callApi(stack.url, stack.token);
  const worker = callApi(stack.url, stack.workerToken);
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'producer', () => {});
  await waitForRedis(redis, 10_000);
  const completions = createCompletionQueue(redis, stack.redisPrefix);
  const tracks = createTrackQueue(redis, stack.redisPrefix);
  const names = Array.from({ length: options.predecessors }, (_, index) => `p${index}`);
  await admin.post('/graphs', {
    name: 'race',
    vertices: [...names, 'join'].map((name) => ({ name, script: 'true' })),
    edges: names.map((name) => [name, 'join']),
  });
  const result: JoinRaceResult = { rounds: options.rounds, startedOnce: 0, never: 0, more: 0, finished: 0 };
  for (let round = 0; round < options.rounds; round += 1) {
    await tracks.queueOf('default').drain();
    const { id } = await admin.post<{ id: number }>('/pipelines', { graph: 'race' });
    const pending = await claimPending(admin, worker, id);
    await Promise.all(pending.map((claimed) => report(completions, claimed)));
    const join = await waitForJoin(admin, id);
    if (join === null) {
      result.never += 1;
      continue;
    }
    const entries = await waitForEntries(tracks, join.id);
    const granted = await raceForClaim(worker, join);
    const [first] = granted;
    if (entries.length === 1 && entries[0] === `t${join.id}-a1-d1` && granted.length === 1) result.startedOnce += 1;
    else result.more += 1;
    if (first !== undefined) await report(completions, first);
    if ((await waitForEnd(admin, id)).state === 'FINISH') result.finished += 1;
  }
  await completions.close();
  await tracks.close();
  redis.disconnect();
  return result;
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
  const completion: Completion = {
    ...run,
    workerId: WORKER_ID,
    outcome: 'exited',
    exitCode: 0,
    signal: null,
    detail: null,
    durationMs: 1,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  };
  await completions.reportCompletion(completion, completionKey, 1);
}

/** The join once it is PENDING and nothing else is on its way; null where it never is. */
async function waitForJoin(admin: ApiCaller, pipelineId: number): Promise<TrackAnswer | null> {
  const ask = async (): Promise<TrackAnswer[]> =>
    (await admin.get<{ items: TrackAnswer[] }>(`/pipelines/${pipelineId}/tracks?limit=200`)).items;
  const all = await waitUntil(
    ask,
    (items) => items.every(({ vertex, state }) => (vertex === 'join' ? state === 'PENDING' : state === 'SUCCEED')),
    10_000,
  ).catch(() => []); // null tells the caller, who counts it
  return all.find(({ vertex }) => vertex === 'join') ?? null;
}
