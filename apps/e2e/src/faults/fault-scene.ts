import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selectRows } from '@baton/database';
import type { ProcessKind } from '@baton/devstack';
import { startChaosStack, type ChaosProcess, type ChaosStack, type ChaosStackOptions } from '../chaos/chaos-stack.ts';
import { checkInvariants } from '../chaos/check-invariants.ts';
import type { Violation } from '../chaos/evidence.ts';
import { journalScript, readJournal, type JournalEntry } from '../chaos/journal.ts';
import type { TcpProxy } from '../chaos/tcp-proxy.ts';
import { recordAnswers, type AnswerRecorder } from '../chaos/record-answers.ts';
import { waitForEnd, waitUntil } from '../testing/call-api.ts';

/** A chaos stack whose scripts keep a journal and whose answers are recorded: what the cases of the fault matrix share. */
export interface FaultScene {
  stack: ChaosStack;
  api: AnswerRecorder;
  journalPath: string;
  /** A vertex whose script writes to the journal, and does these lines in between. */
  vertex: (name: string, more?: { lines?: string; [policy: string]: unknown }) => SceneVertex;
  putGraph(
    name: string,
    vertices: readonly SceneVertex[],
    edges?: readonly (readonly [string, string])[],
  ): Promise<void>;
  /** Starts a pipeline under a key that is its name. @returns its id */
  start(graph: string, name: string, more?: object): Promise<number>;
  /** The states in which these pipelines end. */
  waitForEnds(ids: readonly number[], timeoutMs?: number): Promise<string[]>;
  readJournal: () => Promise<JournalEntry[]>;
  /** Waits until so many lines of a kind are in the journal, of one pipeline. */
  waitForLines: (kind: JournalEntry['kind'], pipelineId: number, count: number) => Promise<void>;
  /** What a pipeline's scripts wrote that they started: vertex and attempt, in their order. */
  listStarts: (pipelineId: number) => Promise<string[]>;
  /** The first process of these that dies, started again. */
  restartDead(kind: ProcessKind): Promise<void>;
  /** I1 to I9 over all that was asked, answered, written and stored. All has ended, and what runs still is waited for. */
  judge(): Promise<Violation[]>;
}

export interface SceneVertex {
  name: string;
  script?: string;
  [policy: string]: unknown;
}

export async function openFaultScene(options: ChaosStackOptions = {}): Promise<FaultScene> {
  const stack = await startChaosStack(options);
  const api = recordAnswers(stack.api);
  const journalPath = join(stack.directory, 'journal');
  const listLines = async (kind: JournalEntry['kind'], pipelineId: number): Promise<JournalEntry[]> => {
    const entries = await readJournal(journalPath);
    return entries.filter((entry) => entry.kind === kind && entry.pipelineId === pipelineId);
  };
  return {
    stack,
    api,
    journalPath,
    vertex: (name, { lines = 'true', ...policies } = {}) => {
      return { name, script: journalScript(journalPath, { lines }), ...policies };
    },
    async putGraph(name, vertices, edges = []) {
      await api.post('/graphs', { name, vertices, edges });
    },
    async start(graph, name, more = {}) {
      const key = name.replaceAll(' ', '-');
      return (await api.post<{ id: number }>('/pipelines', { graph, name, ...more }, { 'Idempotency-Key': key })).id;
    },
    waitForEnds: (ids, timeoutMs) => Promise.all(ids.map(async (id) => (await waitForEnd(api, id, timeoutMs)).state)),
    readJournal: () => readJournal(journalPath),
    async waitForLines(kind, pipelineId, count) {
      await waitUntil(
        () => listLines(kind, pipelineId),
        (lines) => lines.length >= count,
      );
    },
    listStarts: async (pipelineId) =>
      (await listLines('START', pipelineId)).map(({ vertex, attempt }) => `${vertex} ${attempt}`),
    async restartDead(kind) {
      const processes = stack.processes.filter((process) => process.kind === kind);
      const dead = await Promise.race(processes.map((process) => process.exited.then(() => process)));
      await dead.restart();
    },
    async judge() {
      // What is cancelled ends before its scripts do.
      await waitUntil(
        () => countRunning(stack.database),
        (count) => count === 0,
      );
      return checkInvariants({
        // No worker dies in these cases: nothing may be lost.
        faults: [],
        journal: await readJournal(journalPath),
        answers: api.answers,
        database: stack.database,
        repairs: await countInLogs(stack.processes, 'repaired'),
      });
    },
  };
}

async function countRunning({ dataSource }: ChaosStack['database']): Promise<number> {
  const [row] = await selectRows<{ running: number }>(
    dataSource,
    `SELECT COUNT(*) AS running FROM track WHERE state = 'RUNNING'`,
  );
  return row?.running ?? 0;
}

/** Lines of this event that processes have logged. */
export async function countInLogs(processes: readonly ChaosProcess[], event: string): Promise<number> {
  const texts = await Promise.all(processes.map(({ logPath }) => readFile(logPath, 'utf8')));
  return texts.join('').split(`"event":"${event}"`).length - 1;
}

/** The text of /metrics. */
export async function readMetrics({ url, token }: Pick<ChaosStack, 'url' | 'token'>): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return response.text();
}

/**
 * On a link to MySQL: the COMMIT of a transaction with this statement.
 * @param statement a regular expression of its text, or of a part of it
 */
export function commitAfter(statement: string): RegExp {
  return new RegExp(`${statement}${IN_ONE_TRANSACTION}COMMIT$`);
}

/**
 * On a link to MySQL: the COMMIT of the transaction that has written this text.
 * @param written a regular expression
 */
export function commitOf(written: string): RegExp {
  return commitAfter(`(?:INSERT|UPDATE)${IN_ONE_TRANSACTION}${written}`);
}

const IN_ONE_TRANSACTION = '(?:(?!START TRANSACTION)[^])*';

/** The link of a process to another one or a server. @throws Error where it has none */
export function linkOf({ name, links }: ChaosProcess, to: keyof ChaosProcess['links']): TcpProxy {
  const link = links[to];
  if (link === undefined) throw new Error(`${name} has no link to ${to}`);
  return link;
}
