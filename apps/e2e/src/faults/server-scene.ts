import { join } from 'node:path';
import { openDatabase, type Database } from '@baton/database';
import { connectRedis, type Redis } from '@baton/queue';
import { startChaosStack, type ChaosProcess, type ChaosStack, type ChaosStackOptions } from '../chaos/chaos-stack.ts';
import { checkInvariants } from '../chaos/check-invariants.ts';
import type { Violation } from '../chaos/evidence.ts';
import { journalScript, readJournal, type JournalEntry } from '../chaos/journal.ts';
import { recordAnswers, type AnswerRecorder } from '../chaos/record-answers.ts';
import { waitForEnd, waitUntil } from '../testing/call-api.ts';

/**
 * A stack with servers of its own for faults of these servers and of the links to them, with what its scripts wrote and its API
 * answered as the only witnesses.
 */
export interface ServerScene {
  stack: ChaosStack;
  api: AnswerRecorder;
  /** Past every link. */
  redis: Redis;
  /** Of a user who may do everything to MySQL, past every link. */
  admin: Database;
  /** Makes a graph; a vertex is the seconds that its script takes, or a whole vertex. */
  makeGraph(name: string, vertices: Readonly<Record<string, SceneVertex>>, edges?: readonly string[]): Promise<void>;
  /** Starts a pipeline, again with the same key until there is an answer. @returns its id */
  start(graph: string): Promise<number>;
  /** Starts it with one call that has no key. @throws what the call throws */
  startOnce(graph: string): Promise<{ id: number; tookMs: number }>;
  journal(): Promise<JournalEntry[]>;
  /** Waits until so many lines of a kind are in the journal, of one pipeline. */
  waitForLines(kind: JournalEntry['kind'], pipelineId: number, count: number): Promise<void>;
  /**
   * Waits for the ends of these pipelines, and judges everything that has happened so far.
   * @param others pipelines that still run, of which nobody expects that they have ended
   */
  settle(pipelineIds: readonly number[], others?: readonly number[]): Promise<Settled>;
  /** Ids of processes of Baton: the same as before means that none was started again. */
  pids(): number[];
  stop(): Promise<void>;
}

type SceneVertex = number | { seconds?: number; [property: string]: unknown };

export interface Settled {
  states: string[];
  violations: Violation[];
  /** Attempts of these pipelines that wrote more than one START. */
  startedTwice: string[];
  /** Attempts of these pipelines that were started, all in all. */
  starts: number;
}

/** Of any scene. */
const LONGEST_LEASE_MS = 30_000;
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
  const stack = await startChaosStack({ ...options, ownServers: { mysqlStatements: ADMIN_STATEMENTS } });
  const api = recordAnswers(stack.api);
  const journalPath = join(stack.directory, 'journal');
  const place = { url: stack.servers.redisUrl, prefix: stack.redisPrefix };
  const redis = connectRedis(place, 'consumer', () => {}); // it is to be killed, and comes back
  const adminUrl = Object.assign(new URL(stack.database.url), { username: ADMIN, password: ADMIN }).href;
  const admin = await openDatabase({ url: adminUrl, poolSize: 2 });
  const journal = (): Promise<JournalEntry[]> => readJournal(journalPath);
  let starts = 0;
  const startOnce: ServerScene['startOnce'] = async (graph) => {
    const askedAt = performance.now();
    const { id } = await api.post<{ id: number }>('/pipelines', { graph, name: `${graph} ${(starts += 1)}` });
    return { id, tookMs: performance.now() - askedAt };
  };
  return {
    stack,
    api,
    redis,
    admin,
    journal,
    startOnce,
    async makeGraph(name, vertices, edges = []) {
      const body = {
        name,
        vertices: Object.entries(vertices).map(([vertex, given]) => toVertex(vertex, given, journalPath)),
        edges: edges.map((edge) => edge.split('->')),
      };
      await api.post('/graphs', body);
    },
    async start(graph) {
      const key = `start-${(starts += 1)}`;
      const body = { graph, name: key };
      const ask = (): Promise<{ id: number }> => api.post('/pipelines', body, { 'Idempotency-Key': key });
      return (await waitUntil(ask, () => true)).id;
    },
    async waitForLines(wanted, pipelineId, count) {
      await waitUntil(journal, (lines) => countLines(lines, wanted, pipelineId) >= count);
    },
    async settle(pipelineIds, others = []) {
      const ended = await Promise.all(pipelineIds.map((id) => waitForEnd(stack.api, id, 90_000)));
      const entries = await journal();
      const evidence = { journal: entries, answers: api.answers, leaseMs: LONGEST_LEASE_MS };
      const violations = await checkInvariants({ ...evidence, database: stack.database });
      const isExpected = ({ invariant, what }: Violation): boolean => {
        if (invariant !== 'I1') return false;
        const [, name] = /are named (.*); 0 were asked for$/.exec(what) ?? [];
        if (name !== undefined) return madeByBaton?.test(name) ?? false;
        return others.some((id) => new RegExp(`\\bpipeline ${id}\\b`).test(what));
      };
      return {
        states: [...new Set(ended.map(({ state }) => state))],
        violations: violations.filter((one) => !isExpected(one)),
        ...countStarts(entries.filter(({ pipelineId }) => pipelineIds.includes(pipelineId))),
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

function toVertex(name: string, given: SceneVertex, journalPath: string): object {
  const { seconds = 0, ...properties } = typeof given === 'number' ? { seconds: given } : given;
  if ('pipeline' in properties) return { name, ...properties };
  return { name, script: journalScript(journalPath, { lines: `sleep ${seconds}` }), ...properties };
}

function countLines(lines: readonly JournalEntry[], wanted: JournalEntry['kind'], pipeline: number): number {
  return lines.filter(({ kind, pipelineId }) => kind === wanted && pipelineId === pipeline).length;
}

function countStarts(entries: readonly JournalEntry[]): Pick<Settled, 'startedTwice' | 'starts'> {
  const starts = new Map<string, number>();
  for (const { kind, pipelineId, vertex, attempt } of entries) {
    const name = `${vertex} of pipeline ${pipelineId}, attempt ${attempt}`;
    if (kind === 'START') starts.set(name, (starts.get(name) ?? 0) + 1);
  }
  const startedTwice = [...starts].filter(([, count]) => count > 1).map(([name]) => name);
  return { startedTwice, starts: starts.size };
}

/** All is well: every pipeline ended as wanted, nothing was started twice, and no invariant is broken. */
export function allWell(starts: number, state = 'FINISH'): Settled {
  return { states: [state], violations: [], startedTwice: [], starts };
}

/** The link of a process to a server. @throws Error where it has none */
export function linkOf(
  process: ChaosProcess,
  name: 'mysql' | 'redis' | 'api',
): NonNullable<ChaosProcess['links']['mysql']> {
  const link = process.links[name];
  if (link === undefined) throw new Error(`${process.name} has no link to ${name}`);
  return link;
}
