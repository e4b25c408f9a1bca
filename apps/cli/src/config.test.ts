import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { problem, startFakeApi, type FakeApi } from './testing/fake-api.ts';
import { runForTest } from './testing/run-for-test.ts';

let api: FakeApi;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'baton-cli-'));
});
afterEach(async () => {
  await api?.close();
  rmSync(directory, { recursive: true });
});

describe('which server, and what is wrong with it', () => {
  const stack = (url: string) => ({
    url,
    token: 'from-stack',
    workerToken: 'w',
    mysqlUrl: 'm',
    redisUrl: 'r',
    pids: { mysql: null, redis: null, api: [1], orchestrator: [2], worker: [3] },
    startedAt: '2026-11-23T07:00:00.000Z',
  });

  test('the stack of a folder above, with its token or another', async () => {
    api = await startFakeApi({ 'GET /api/v1/workers': { body: { items: [] } } });
    mkdirSync(path.join(directory, '.baton'), { mode: 0o700 });
    mkdirSync(path.join(directory, 'deep/er'), { recursive: true });
    writeFileSync(path.join(directory, '.baton/stack.json'), JSON.stringify(stack(api.url)));
    const workingDirectory = path.join(directory, 'deep/er');
    await runForTest(['workers'], { workingDirectory });
    await runForTest(['workers'], { workingDirectory, environment: { BATON_TOKEN: 'mine' } });
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer from-stack', 'Bearer mine']);
  });

  test.each([
    ['none is known', {}, 3, 'BATON_API_URL is not set'],
    ['an address that is none', { BATON_API_URL: 'nonsense' }, 2, 'expected BATON_API_URL as http://host:port'],
    [
      'nobody listens',
      { BATON_API_URL: 'http://127.0.0.1:9' },
      3,
      'expected an answer from the API at http://127.0.0.1:9',
    ],
  ])('%s', async (_title, environment, exitCode, message) => {
    const run = await runForTest(['ps'], { environment, workingDirectory: directory });
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
  });

  test.each([
    [401, 'unauthenticated', 4],
    [403, 'forbidden', 4],
    [404, 'graph_not_found', 2],
    [503, 'database_unavailable', 3],
    [500, 'internal', 3],
  ])('an answer %i %s ends with %i', async (status, code, exitCode) => {
    api = await startFakeApi({ 'GET /api/v1/pipelines': problem(status, code, 'the detail') });
    const run = await runForTest(['ps'], { url: api.url });
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(`baton: Title of ${code} (${status} ${code})\nthe detail\n`);
  });

  test('a page of something else is not taken for an answer', async () => {
    api = await startFakeApi({ 'GET /api/v1/pipelines': { status: 502, type: 'text/html', body: '<html>' } });
    expect(await runForTest(['ps'], { url: api.url })).toMatchObject({ exitCode: 3 });
  });
});
