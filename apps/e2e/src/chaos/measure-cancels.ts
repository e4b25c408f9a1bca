import { randomBytes } from 'node:crypto';
import type { Isolation } from '@baton/devstack';
import { callApi, listTracks, waitUntil } from '../testing/call-api.ts';
import { startTestStack } from '../testing/start-test-stack.ts';
import { watchCookies, type CookieWatch } from './cookie-watch.ts';
import { STUBBORN_SCRIPTS, type StubbornScript } from './stubborn-scripts.ts';

/** From TERM to KILL. */
export const GRACE_MS = 1000;
const GONE_MS = 60_000;

export interface CancelMeasure {
  script: string;
  /** From the API's answer to the cancel until a look at /proc that began then found nothing. */
  goneMs: number;
  /** What was alive when the track showed CANCELLED. */
  leftovers: number[];
}

export interface CancelOptions {
  isolation: Isolation;
  rounds: number;
  /** Cancels under way at once. */
  atOnce: number;
  ownServers: boolean;
  report?(measure: CancelMeasure): void;
}

/**
 * Starts scripts that do not want to end, all kinds in turn, on a stack of real processes; cancels their pipelines over the API,
 * and measures when the last of their processes is gone, by what the kernel says.
 */
export async function measureCancels(options: CancelOptions): Promise<CancelMeasure[]> {
  const environment = {
    BATON_ISOLATION: options.isolation,
    BATON_CONCURRENCY: String(options.atOnce),
    BATON_GRACE_MS: String(GRACE_MS),
  };
  const stack = await startTestStack({ workers: 1, environment, ownServers: options.ownServers });
  try {
    const prefix = `cancel${randomBytes(6).toString('hex')}`;
    const scene = { api: callApi(stack.url, stack.token), watch: watchCookies(prefix), prefix };
    await putGraphs(scene);
    const measures: CancelMeasure[] = [];
    let started = 0;
    const lane = async (): Promise<void> => {
      for (let round = started++; round < options.rounds; round = started++) {
        const measure = await cancelOnce(scene, round);
        measures.push(measure);
        options.report?.(measure);
      }
    };
    await Promise.all(Array.from({ length: options.atOnce }, lane));
    return measures;
  } finally {
    await stack.stop();
  }
}

interface Scene {
  api: ReturnType<typeof callApi>;
  watch: CookieWatch;
  prefix: string;
}

async function putGraphs({ api }: Scene): Promise<void> {
  for (const { name, script } of STUBBORN_SCRIPTS) {
    const vertex = { name: 'A', script, input: { cookie: { type: 'str', required: true } } };
    await api.post('/graphs', { name: graphOf(name), vertices: [vertex], edges: [] });
  }
}

function graphOf(name: string): string {
  return name.replaceAll(/[^a-zA-Z]+/g, '-');
}

async function cancelOnce({ api, watch, prefix }: Scene, round: number): Promise<CancelMeasure> {
  const { name, processes } = STUBBORN_SCRIPTS[round % STUBBORN_SCRIPTS.length] as StubbornScript;
  const cookie = `${prefix}-${round}`;
  const { id } = await api.post<{ id: number }>('/pipelines', { graph: graphOf(name), params: { cookie } });
  await watch.waitFor(cookie, (count) => count >= processes, GONE_MS);
  await api.post(`/pipelines/${id}/cancel`);
  const answeredAt = performance.now();
  const [gone, leftovers] = await Promise.all([
    watch.waitFor(cookie, (count) => count === 0, GONE_MS),
    findLeftovers({ api, watch }, id, cookie),
  ]);
  return { script: name, goneMs: gone.at - answeredAt, leftovers };
}

/** The processes are looked for after the state was read: a track that says CANCELLED too early is found out. */
async function findLeftovers({ api, watch }: Omit<Scene, 'prefix'>, id: number, cookie: string): Promise<number[]> {
  await waitUntil(
    () => listTracks(api, id),
    ([track]) => track?.state === 'CANCELLED',
  );
  return (await watch.find(cookie)).pids;
}
