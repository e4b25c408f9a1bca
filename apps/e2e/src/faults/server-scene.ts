import { openDatabase, type Database } from '@baton/database';
import { connectRedis, type Redis } from '@baton/queue';
import type { ChaosStackOptions } from '../chaos/chaos-stack.ts';
import { checkInvariants } from '../chaos/check-invariants.ts';
import type { Violation } from '../chaos/evidence.ts';
import { nameAttempt } from '../chaos/evidence.ts';
import { waitForEnd, waitUntil } from '../testing/call-api.ts';
import { openFaultScene, type FaultScene, type SceneVertex } from './fault-scene.ts';

/** A scene with servers of its own, for faults of these servers and of the links to them. */
export interface ServerScene extends Pick<FaultScene, 'stack' | 'api' | 'readJournal' | 'waitForLines'> {
  /** Past every link. */
  redis: Redis;
  /** Of a user who may do everything to MySQL, past every link. */
  admin: Database;
  /** Makes a graph; a vertex is the seconds that its script takes, or a whole vertex. */
  makeGraph(name: string, vertices: Readonly<Record<string, ServerVertex>>, edges?: readonly string[]): Promise<void>;
  /** Starts a pipeline, again with the same key until there is an answer. @returns its id */
  start(graph: string): Promise<number>;
  /** Starts it with one call that has no key. @throws what the call throws */
  startOnce(graph: string): Promise<{ id: number; tookMs: number }>;
  /**
   * Waits for the ends of these pipelines, and judges everything that has happened so far.
   * @param others pipelines that still run, of which nobody expects that they have ended
   */
  settle(pipelineIds: readonly number[], others?: readonly number[]): Promise<Settled>;
  /** Ids of processes of Baton: the same as before means that none was started again. */
  pids(): number[];
  stop(): Promise<void>;
}

type ServerVertex = number | { seconds?: number; lines?: string; [property: string]: unknown };

export interface Settled {
  /** In which these pipelines ended, each once. */
  states: string[];
  /** Of everything so far: that nothing was started twice is one of the invariants. */
  violations: Violation[];
  /** Attempts of these pipelines that were started, all in all. */
  starts: number;
}

const ADMIN = 'admin';
/** Runs at each start of the server: a password of its own would be known to whoever reads this anyhow. */
const ADMIN_STATEMENTS = [
  `CREATE USER IF NOT EXISTS '${ADMIN}'@'127.0.0.1' IDENTIFIED BY '${ADMIN}';`,
  `GRANT ALL ON *.* TO '${ADMIN}'@'127.0.0.1';`,
];

/** @param madeByBaton names of pipelines that schedules and tracks start */
export async function openServerScene(
  options: Omit<ChaosStackOptions, 'ownServers'> = {},
  madeByBaton: RegExp | null = null,
): Promise<ServerScene> {
  const scene = await openFaultScene({ ...options, ownServers: { mysqlStatements: ADMIN_STATEMENTS } });
  const { stack, api, readJournal } = scene;
  const place = { url: stack.servers.redisUrl, prefix: stack.redisPrefix };
  const redis = connectRedis(place, 'consumer', () => {}); // it is to be killed, and comes back
  const adminUrl = Object.assign(new URL(stack.database.url), { username: ADMIN, password: ADMIN }).href;
  const admin = await openDatabase({ url: adminUrl, poolSize: 2 });
  let starts = 0;
  return {
    stack,
    api,
    redis,
    admin,
    readJournal,
    waitForLines: scene.waitForLines,
    async startOnce(graph) {
      const askedAt = performance.now();
      const { id } = await api.post<{ id: number }>('/pipelines', { graph, name: `${graph} ${(starts += 1)}` });
      return { id, tookMs: performance.now() - askedAt };
    },
    makeGraph: (name, vertices, edges = []) =>
      scene.putGraph(
        name,
        Object.entries(vertices).map(([vertex, given]) => toVertex(scene, vertex, given)),
        edges.map((edge) => edge.split('->') as [string, string]),
      ),
    start(graph) {
      const name = `start-${(starts += 1)}`;
      return waitUntil(
        () => scene.start(graph, name),
        () => true,
      );
    },
    async settle(pipelineIds, others = []) {
      const ended = await Promise.all(pipelineIds.map((id) => waitForEnd(stack.api, id, 90_000)));
      const journal = await readJournal();
      const violations = await checkInvariants({ journal, answers: api.answers, database: stack.database });
      const isExpected = ({ invariant, what }: Violation): boolean => {
        if (invariant !== 'I1') return false;
        const [, name] = /are named (.*); 0 were asked for$/.exec(what) ?? [];
        if (name !== undefined) return madeByBaton?.test(name) ?? false;
        return others.some((id) => new RegExp(`\\bpipeline ${id}\\b`).test(what));
      };
      const started = journal.filter(({ kind, pipelineId }) => kind === 'START' && pipelineIds.includes(pipelineId));
      return {
        states: [...new Set(ended.map(({ state }) => state))],
        violations: violations.filter((one) => !isExpected(one)),
        starts: new Set(started.map(nameAttempt)).size,
      };
    },
    pids: () => stack.processes.map(({ pid }) => pid),
    async stop() {
      redis.disconnect();
      await admin.close();
      await stack.stop();
    },
  };
}

function toVertex({ vertex }: FaultScene, name: string, given: ServerVertex): SceneVertex {
  const { seconds = 0, ...properties } = typeof given === 'number' ? { seconds: given } : given;
  if ('pipeline' in properties) return { name, ...properties };
  return vertex(name, { lines: `sleep ${seconds}`, ...properties });
}

/** All is well: every pipeline ended as wanted, and no invariant is broken. */
export function allWell(starts: number, state = 'FINISH'): Settled {
  return { states: [state], violations: [], starts };
}
