import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRedis } from '@baton/queue';
import { callApi, listTracks, waitForEnd, waitUntil, type ApiCaller } from './testing/call-api.ts';
import { journalGraph, readWorkflow } from './testing/read-workflow.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';
import { parseJournal, verifyJournal, type JournalLine } from './testing/verify-journal.ts';
import { ROOT } from './read-sources.ts';

/**
 * Montage with 310 tasks while each process of Baton is killed once and Redis is emptied. Every fault comes when the
 * journal has grown so far, so the run is under way each time.
 */
const workflow = readWorkflow(join(ROOT, 'examples/wfinstances/montage-chameleon-2mass-015d-001.json'));

let stack: TestStack;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack({ ownServers: true, workers: 3, environment: { BATON_CONCURRENCY: '4' } });
  api = callApi(stack.url, stack.token);
}, 120_000);

afterAll(() => stack.stop());

test('a worker, the orchestrator and the API are killed and Redis is emptied: the run ends FINISH, each attempt started once', async () => {
  const journal = join(stack.directory, 'journal');
  await writeFile(journal, '');
  const document = journalGraph(workflow, { name: 'montage', journal, timeScale: 0.02, policies: { onLost: 'retry' } });
  await api.post('/graphs', document);
  const { id } = await api.post<{ id: number }>('/pipelines', { graph: 'montage' });

  await waitForStarts(journal, 40);
  const worker = processOf('worker');
  worker.kill('SIGKILL');
  await worker.exited;

  await waitForStarts(journal, 90);
  const orchestrator = processOf('orchestrator');
  orchestrator.kill('SIGKILL');
  await orchestrator.exited;
  await orchestrator.restart();

  await waitForStarts(journal, 140);
  const server = processOf('api');
  server.kill('SIGKILL');
  await server.exited;
  await server.restart();

  await waitForStarts(journal, 190);
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'consumer', () => {});
  await redis.flushall();
  redis.disconnect();

  const ended = await waitForEnd(api, id, 150_000);
  const verdict = verifyJournal(await readJournal(journal), workflow, true);
  const tracks = await listTracks(api, id);
  expect(verdict.violations).toEqual([]);
  expect(ended).toMatchObject({ state: 'FINISH' });
  expect(tracks.map(({ state }) => state)).toEqual(workflow.vertices.map(() => 'SUCCEED'));
  // The killed worker's scripts were lost, and nothing else was started again.
  expect(verdict.repeated).toBeLessThanOrEqual(4);
}, 240_000);

function processOf(kind: 'api' | 'orchestrator' | 'worker') {
  const found = stack.processes.find((process) => process.kind === kind);
  if (found === undefined) throw new Error(`the stack has no ${kind}`);
  return found;
}

async function readJournal(journal: string): Promise<JournalLine[]> {
  return parseJournal(await readFile(journal, 'utf8'));
}

function waitForStarts(journal: string, count: number): Promise<JournalLine[]> {
  return waitUntil(
    () => readJournal(journal),
    (lines) => lines.filter(({ kind }) => kind === 'START').length >= count,
    120_000,
  );
}
