import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase } from '@baton/database';
import { journalScript, readJournal } from './chaos/journal.ts';
import { callApi, listTracks, waitForEnd, waitUntil, type ApiCaller, type TrackAnswer } from './testing/call-api.ts';
import { dumpDatabase, type Dump } from './testing/dump-database.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/**
 * A dump is taken while pipelines run, and restored into an empty server beside an empty Redis. Every live pipeline goes on
 * from where the dump saw it: what had ended is not run again, what waited runs, what ran is lost and treated by `onLost`.
 */
let source: TestStack;
let restored: TestStack;
let api: ApiCaller;
let dump: Dump;
/** What the dump saw, read before anything ran on it. */
let seen: SeenTrack[];
let journal: string;
/** Lines of the journal from before the restored system ran. */
let journaled: number;

interface SeenTrack {
  id: number;
  pipelineId: number;
  pipelineState: string;
  graph: string;
  state: string;
}

beforeAll(async () => {
  source = await startTestStack({ workers: 1, environment: { BATON_CONCURRENCY: '6' } });
  journal = join(source.directory, 'journal');
  const ofSource = callApi(source.url, source.token);
  await storeGraphs(ofSource);
  await ofSource.post('/pipelines', { graph: 'gated' });
  for (let index = 0; index < 8; index += 1) {
    for (const graph of ['retried', 'failing']) await ofSource.post('/pipelines', { graph });
  }
  // In the middle of everything: some have ended, some run, most wait; and a commit comes every few milliseconds.
  await waitUntil(
    () => readJournal(journal),
    (entries) => entries.filter(({ kind }) => kind === 'END').length >= 12,
  );
  dump = await dumpDatabase(source.database.url);
  for (const process of source.processes) process.kill('SIGKILL');
  await Promise.all(source.processes.map((process) => process.exited));
  journaled = (await readJournal(journal)).length;
  restored = await startTestStack({ ownServers: true, workers: 1, connect: restoreInto });
  api = callApi(restored.url, restored.token);
}, 180_000);

afterAll(async () => {
  await restored.stop();
  await source.stop();
});

async function storeGraphs(to: ApiCaller): Promise<void> {
  const script = journalScript(journal, { lines: 'sleep 0.3' });
  const names = ['A', 'B', 'C', 'D'];
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
    ['B', 'D'],
    ['C', 'D'],
  ];
  for (const [name, onLost] of [
    ['retried', 'retry'],
    ['failing', 'fail'],
  ]) {
    await to.post('/graphs', { name, vertices: names.map((vertex) => ({ name: vertex, script, onLost })), edges });
  }
  await to.post('/graphs', { name: 'gated', vertices: [{ name: 'A', script, gate: { message: 'now?' } }] });
}

/** An empty database of an empty server; no migration has run there. */
async function restoreInto({ mysqlUrl, redisUrl }: { mysqlUrl: string; redisUrl: string }) {
  const server = await openDatabase({ url: mysqlUrl, poolSize: 1 });
  const name = 'baton_test_restored';
  await server.dataSource.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  const url = Object.assign(new URL(mysqlUrl), { pathname: `/${name}` }).href;
  await server.close();
  await dump.restore(url);
  const copy = await openDatabase({ url, poolSize: 1 });
  seen = (await copy.dataSource.query(
    `SELECT t.id, t.pipeline_id AS pipelineId, p.state AS pipelineState, g.name AS graph, t.state FROM track t
      JOIN pipeline p ON p.id = t.pipeline_id JOIN graph g ON g.id = p.graph_id`,
  )) as SeenTrack[];
  await copy.close();
  return { mysqlUrl: url, redisUrl };
}

const pipelinesOf = (graph: string): number[] => [
  ...new Set(seen.filter((track) => track.graph === graph).map(({ pipelineId }) => pipelineId)),
];

const statesSeen = (pipelineId: number): Map<number, string> =>
  new Map(seen.filter((track) => track.pipelineId === pipelineId).map(({ id, state }) => [id, state]));

async function readResults(trackId: number): Promise<(string | null)[]> {
  const { attempts } = await api.get<{ attempts: { result: string | null }[] }>(`/tracks/${trackId}`);
  return attempts.map(({ result }) => result);
}

test('the dump saw tracks of every kind', () => {
  process.stderr.write(`backup.test: the dump was made by ${dump.program}\n`);
  const states = new Set(seen.map(({ state }) => state));
  for (const state of ['WAITING', 'PENDING', 'RUNNING', 'SUCCEED']) expect(states).toContain(state);
});

test('with onLost retry every pipeline ends FINISH: what ran at the dump runs again, and nothing else', async () => {
  expect(pipelinesOf('retried').length).toBe(8);
  for (const pipelineId of pipelinesOf('retried')) {
    expect(await waitForEnd(api, pipelineId)).toMatchObject({ state: 'FINISH' });
    const states = statesSeen(pipelineId);
    for (const { id } of await listTracks(api, pipelineId)) {
      const expected = states.get(id) === 'RUNNING' ? ['lost', 'succeed'] : ['succeed'];
      expect({ id, seen: states.get(id), results: await readResults(id) }).toEqual({
        id,
        seen: states.get(id),
        results: expected,
      });
    }
  }
}, 120_000);

test('with onLost fail those of which a track ran are FAILED, and all others end FINISH', async () => {
  for (const pipelineId of pipelinesOf('failing')) {
    const ended = await waitForEnd(api, pipelineId);
    const hasLost = [...statesSeen(pipelineId).values()].includes('RUNNING');
    expect({ pipelineId, state: ended.state }).toEqual({ pipelineId, state: hasLost ? 'FAILED' : 'FINISH' });
    if (hasLost) expect(ended.reason).toMatch(/lost$/);
  }
}, 120_000);

test('what waited for a person still does, and goes on at a word', async () => {
  const [pipelineId = 0] = pipelinesOf('gated');
  const [track] = (await listTracks(api, pipelineId)) as [TrackAnswer];
  expect(track.state).toBe('PENDING');
  await api.post(`/tracks/${track.id}/approve`);
  expect(await waitForEnd(api, pipelineId)).toMatchObject({ state: 'FINISH' });
});

test('no attempt that had ended in the dump was started again, none was started twice, and doctor finds nothing wrong', async () => {
  const after = (await readJournal(journal)).slice(journaled).filter(({ kind }) => kind === 'START');
  const names = after.map(({ pipelineId, vertex, attempt }) => `${pipelineId}/${vertex}/${attempt}`);
  expect(new Set(names).size).toBe(names.length);
  const done = new Set<string>();
  for (const pipelineId of pipelinesOf('retried')) {
    const states = statesSeen(pipelineId);
    for (const { id, vertex } of await listTracks(api, pipelineId)) {
      if (states.get(id) === 'SUCCEED') done.add(`${pipelineId}/${vertex}`);
    }
  }
  expect(after.filter(({ pipelineId, vertex }) => done.has(`${pipelineId}/${vertex}`))).toEqual([]);
  const { findings } = await api.get<{ findings: { severity: string; code: string }[] }>('/doctor');
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});
