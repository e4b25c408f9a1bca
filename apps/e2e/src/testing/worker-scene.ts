import { randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrackDetails } from '@baton/client';
import type { ProcessKind, StackProcess } from '@baton/devstack';
import { connectRedis, createTrackQueue } from '@baton/queue';
import { callApi, listTracks, waitUntil, type ApiCaller } from './call-api.ts';
import { startTestStack, type TestStack } from './start-test-stack.ts';

/** A stack without workers, to which each test adds its own under a label of its own: so one test's faults hit no other. */
export interface WorkerScene {
  stack: TestStack;
  api: ApiCaller;
  /** The first of a kind. */
  getProcess(kind: ProcessKind): StackProcess;
  /** Starts a worker that serves these labels. */
  addWorker(labels: string, environment?: Record<string, string>): Promise<StackProcess>;
  /** Completions on a worker's disk: those that it does not know to be applied. */
  listSpool(worker: StackProcess): Promise<string[]>;
  /** Makes a graph of vertices without edges and starts it. @returns the pipeline's id */
  start(vertices: readonly SceneVertex[]): Promise<number>;
  getTrack(pipelineId: number, vertex?: string): Promise<TrackDetails>;
  /** Waits until a worker has taken an entry of this label's queue, and is not done with it. */
  waitForPulledEntry(label: string): Promise<void>;
  /** Waits for the words that scripts write with `note`. */
  waitForNotes(word: string, count?: number): Promise<void>;
  /** A line of a script that writes a word. */
  note(word: string): string;
  countNotes(word: string): Promise<number>;
}

interface SceneVertex {
  name: string;
  script: string;
  labels: string[];
  [policy: string]: unknown;
}

export async function openWorkerScene(environment: Record<string, string> = {}): Promise<WorkerScene> {
  const stack = await startTestStack({ workers: 0, environment });
  const api = callApi(stack.url, stack.token);
  const noteFile = join(stack.directory, 'notes');
  const countNotes = async (word: string): Promise<number> => {
    const text = await readFile(noteFile, { encoding: 'utf8', flag: 'a+' });
    return text.split('\n').filter((line) => line === word).length;
  };
  let graphs = 0;
  return {
    stack,
    api,
    getProcess(kind) {
      const found = stack.processes.find((process) => process.kind === kind);
      if (found === undefined) throw new Error(`the stack has no ${kind}`);
      return found;
    },
    addWorker: (labels, own = {}) =>
      stack.addProcess('worker', { BATON_LABELS: labels, BATON_WORKER_NAME: `worker of ${labels}`, ...own }),
    async listSpool({ name }) {
      const log = await readFile(join(stack.directory, 'stack/workers', name, 'spool/log'), 'utf8');
      const kept = new Set<string>();
      for (const line of (log.split('\0')[0] ?? '').split('\n').slice(0, -1)) {
        const { keep, forget } = JSON.parse(line) as { keep?: { completion: { runId: string } }; forget?: string };
        if (keep !== undefined) kept.add(keep.completion.runId);
        if (forget !== undefined) kept.delete(forget);
      }
      return [...kept];
    },
    async start(vertices) {
      graphs += 1;
      const graph = `graph-${graphs}`;
      await api.post('/graphs', { name: graph, vertices, edges: [] });
      return (await api.post<{ id: number }>('/pipelines', { graph })).id;
    },
    async getTrack(pipelineId, vertex = 'A') {
      const track = (await listTracks(api, pipelineId)).find((one) => one.vertex === vertex);
      if (track === undefined) throw new Error(`pipeline ${pipelineId} has no track of ${vertex}`);
      return api.get<TrackDetails>(`/tracks/${track.id}`);
    },
    waitForPulledEntry: (label) => waitForPulledEntries(stack, label, 1),
    async waitForNotes(word, count = 1) {
      await waitUntil(
        () => countNotes(word),
        (found) => found >= count,
      );
    },
    note: (word) => `echo '${word}' >> '${noteFile}'`,
    countNotes,
  };
}

/** Waits until workers have taken so many entries of this label's queue, and are not done with them. */
export async function waitForPulledEntries(
  { servers, redisPrefix }: Pick<TestStack, 'servers' | 'redisPrefix'>,
  label: string,
  wanted: number,
): Promise<void> {
  const redis = connectRedis({ url: servers.redisUrl, prefix: redisPrefix }, 'consumer', () => {});
  const queue = createTrackQueue(redis, redisPrefix);
  await waitUntil(
    () => queue.queueOf(label).getActiveCount(),
    (count) => count === wanted,
  );
  await queue.close();
  redis.disconnect();
}

/** Sleeps for most of an hour, for a time that no other process sleeps for: by it the processes are found. */
export function uniqueSleep(): string {
  return `sleep 3${randomInt(100, 1000)}.${randomInt(1_000_000, 10_000_000)}`;
}

/** Processes of this host whose command line ends with these words, seen from outside of every namespace. */
export async function findProcesses(words: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''); // it ended since the listing
    if (line.replaceAll('\0', ' ').trim() === words) found.push(Number(name));
  }
  return found;
}

export async function waitForProcesses(words: string, count: number): Promise<void> {
  await waitUntil(
    () => findProcesses(words),
    (found) => found.length === count,
    20_000,
  );
}
