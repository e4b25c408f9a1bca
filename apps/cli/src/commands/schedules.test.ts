import { afterEach, describe, expect, test } from '@jest/globals';
import type { DueTime, Schedule } from '@baton/client';
import { page, problem, startFakeApi, type FakeApi } from '../testing/fake-api.ts';
import { GRAPH } from '../testing/rows.ts';
import { runForTest } from '../testing/run-for-test.ts';

let api: FakeApi;
afterEach(() => api.close());

const SCHEDULE: Schedule = {
  id: 3,
  name: 'nightly',
  cron: '30 2 * * *',
  timeZone: 'Europe/Berlin',
  graph: 'test1',
  pipelineName: null,
  params: { ip: '10.0.0.1' },
  mode: null,
  onFailure: null,
  priority: null,
  timeoutMs: null,
  overlap: 'queue',
  catchUpLimit: 1,
  pausedAt: null,
  nextDueTimes: ['2026-05-02T00:30:00.000Z', '2026-05-03T00:30:00.000Z'],
  lastError: null,
  createdBy: 'me',
  createdAt: '2026-05-01T00:00:00.000Z',
  updatedAt: '2026-05-01T00:00:00.000Z',
};
const PAUSED: Schedule = { ...SCHEDULE, pausedAt: '2026-05-01T10:00:00.000Z', nextDueTimes: [] };
const DUE: DueTime = {
  dueAt: '2026-05-01T00:30:00.000Z',
  state: 'failed',
  pipelineId: null,
  isBackfill: true,
  detail: 'graph_not_found: \u001b[2Jexpected a graph',
  decidedAt: '2026-05-01T00:30:00.000Z',
};

const run = (...words: string[]): ReturnType<typeof runForTest> => runForTest(['schedule', ...words], { url: api.url });
const bodyOf = (index: number): unknown => JSON.parse(api.seen[index]?.body ?? '');

describe('add', () => {
  test('sends what was given, and says when it is due', async () => {
    api = await startFakeApi({
      'GET /api/v1/graphs/test1': { body: GRAPH },
      'POST /api/v1/schedules': { status: 201, body: SCHEDULE },
    });
    const words = [
      'add',
      'nightly',
      'test1',
      '--cron',
      '30 2 * * *',
      '--time-zone',
      'Europe/Berlin',
      '-p',
      'ip=10.0.0.1',
    ];
    const done = await run(...words, '--overlap', 'skip', '--catch-up', '3', '--timeout', '1.5', '--priority', '4');
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(done.stdout).toBe('Schedule 3 nightly: due next at 2026-05-02 00:30:00 UTC.\n');
    expect(bodyOf(1)).toMatchObject({
      name: 'nightly',
      graph: 'test1',
      cron: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      params: { ip: '10.0.0.1' },
      overlap: 'skip',
      catchUpLimit: 3,
      timeoutMs: 1500,
      priority: 4,
    });
  });

  test('without such a graph asks the API all the same: it tells that with what else is wrong', async () => {
    const problems = [{ code: 'graph_not_found', message: 'expected a graph named "g"', pointer: '/graph' }];
    api = await startFakeApi({
      'GET /api/v1/graphs/g': problem(404, 'graph_not_found', 'expected a graph named "g"'),
      'POST /api/v1/schedules': problem(422, 'invalid_schedule', 'found 2 problems', problems),
    });
    const done = await run('add', 'nightly', 'g', '--cron', 'x', '-p', 'ip=1');
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain('found 2 problems');
    expect(bodyOf(1)).toMatchObject({ cron: 'x', params: { ip: '1' } });
  });

  test('tells every problem that the API names', async () => {
    const problems = [
      { code: 'bad_cron', message: 'expected five fields', pointer: '/cron' },
      { code: 'unknown_time_zone', message: 'expected a zone', pointer: '/timeZone' },
    ];
    api = await startFakeApi({
      'GET /api/v1/graphs/test1': { body: GRAPH },
      'POST /api/v1/schedules': problem(422, 'invalid_schedule', 'found 2 problems', problems),
    });
    const done = await run('add', 'nightly', 'test1', '--cron', 'x', '-p', 'ip=1');
    expect(done.exitCode).not.toBe(0);
    expect(done.stderr).toContain('expected five fields');
    expect(done.stderr).toContain('expected a zone');
  });

  test.each([
    [['add', 'n', 'g'], '--cron'],
    [['add', 'n', 'g', '--cron', '@daily', '--overlap', 'maybe'], 'allow, queue, skip, replace'],
    [['add', 'n', 'g', '--cron', '@daily', '--catch-up', '-1'], 'from 0 to 1000'],
    [['backfill', 'n', '--from', 'yesterday', '--to', '2026-05-02'], 'such as 2026-05-01'],
    [['backfill', 'n', '--from', '2026-05-01', '--to', '2026-05-01T10:00'], 'such as 2026-05-01'],
    [['backfill', 'n', '--from', '2026-05-01'], '--to'],
  ])('%j is refused', async (words, message) => {
    api = await startFakeApi({ 'GET /api/v1/graphs/g': { body: GRAPH } });
    const done = await run(...words);
    expect(done.exitCode).not.toBe(0);
    expect(done.stderr).toContain(message);
  });
});

describe('change', () => {
  test('sends what was given and nothing else; parameters by the types of the graph', async () => {
    const answers = {
      'GET /api/v1/graphs/test1': { body: GRAPH },
      'GET /api/v1/schedules/nightly': { body: SCHEDULE },
      'PATCH /api/v1/schedules/nightly': { body: { ...SCHEDULE, cron: '@daily' } },
    };
    api = await startFakeApi(answers);
    const done = await run('change', 'nightly', '--cron', '@daily');
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(done.stdout).toBe('Schedule nightly is changed: due next at 2026-05-02 00:30:00 UTC.\n');
    expect(bodyOf(0)).toEqual({ cron: '@daily' });
    const other = await run('change', 'nightly', '-p', 'ip=1', '--timeout', '2', '--name', 'n', '--json');
    expect(JSON.parse(other.stdout)).toMatchObject({ cron: '@daily' });
    expect(bodyOf(3)).toEqual({ name: 'n', timeoutMs: 2000, params: { ip: '1' } });
  });

  test('nothing to change is refused', async () => {
    api = await startFakeApi({});
    const done = await run('change', 'nightly');
    expect(done).toMatchObject({ exitCode: 2 });
    expect(done.stderr).toContain('expected something to change');
  });
});

describe('list and show', () => {
  test('every page is listed, with what is paused and what failed', async () => {
    const failed = { ...SCHEDULE, id: 4, name: 'broken', lastError: 'graph_not_found: ...' };
    api = await startFakeApi({
      'GET /api/v1/schedules': [{ body: { items: [SCHEDULE, PAUSED], nextCursor: '3' } }, page([failed])],
    });
    const { stdout } = await run('list', '--name', 'n');
    expect(api.seen.map(({ path }) => path)).toEqual([
      '/api/v1/schedules?name=n&limit=200',
      '/api/v1/schedules?name=n&limit=200&cursor=3',
    ]);
    expect(stdout).toMatch(/3 +nightly +30 2 \* \* \* +Europe\/Berlin +test1 +queue +2026-05-02 00:30:00/);
    expect(stdout).toMatch(/paused/);
    expect(stdout).toMatch(/broken .* \(the last failed\)/);
  });

  test('nothing to list is said, and JSON is what the API said', async () => {
    api = await startFakeApi({ 'GET /api/v1/schedules': page([]) });
    expect((await run('list')).stdout).toBe('No schedules.\n');
    expect(JSON.parse((await run('list', '--json')).stdout)).toEqual({ items: [] });
  });

  test('one is shown with what became of its last due times; nothing in it moves the cursor', async () => {
    const broken = { ...SCHEDULE, lastError: 'graph_not_found: gone' };
    api = await startFakeApi({
      'GET /api/v1/schedules/nightly': { body: broken },
      'GET /api/v1/schedules/nightly/fires': page([DUE, { ...DUE, state: 'started', pipelineId: 12, detail: null }]),
    });
    const { stdout } = await run('show', 'nightly');
    expect(stdout).toContain('next     2026-05-02 00:30:00, 2026-05-03 00:30:00\n');
    expect(stdout).toContain('failed   graph_not_found: gone\n');
    expect(stdout).toMatch(/2026-05-01 00:30:00 +failed +backfill +graph_not_found: expected a graph/);
    expect(stdout).toMatch(/started +12/);
    expect(JSON.parse((await run('show', 'nightly', '--json')).stdout)).toMatchObject({ id: 3, dueTimes: [DUE, {}] });
  });

  test('a paused one without due times', async () => {
    api = await startFakeApi({
      'GET /api/v1/schedules/3': { body: PAUSED },
      'GET /api/v1/schedules/3/fires': page([]),
    });
    expect((await run('show', '3')).stdout).toContain('next     paused since 2026-05-01 10:00:00.\n');
  });
});

describe('pause, resume, remove, backfill', () => {
  test('each calls the API and says what became of it', async () => {
    const at = '/api/v1/schedules/nightly';
    api = await startFakeApi({
      [`POST ${at}/pause`]: { body: PAUSED },
      [`POST ${at}/resume`]: { body: SCHEDULE },
      [`POST ${at}/backfill`]: { body: { dueTimes: 5, queued: 3 } },
      [`DELETE ${at}`]: { status: 204, body: '' },
    });
    expect((await run('pause', 'nightly')).stdout).toBe('Schedule nightly is paused; its pipelines go on.\n');
    expect((await run('resume', 'nightly')).stdout).toBe('Schedule nightly: due next at 2026-05-02 00:30:00 UTC.\n');
    const backfill = await run(
      'backfill',
      'nightly',
      '--from',
      '2026-05-01',
      '--to',
      '2026-05-02T02:00+02:00',
      '--at-once',
      '2',
    );
    expect(backfill.stdout).toBe('3 of 5 due times wait to be started; the others were, or wait already.\n');
    expect(bodyOf(2)).toEqual({ from: '2026-05-01T00:00:00.000Z', to: '2026-05-02T00:00:00.000Z', atOnce: 2 });
    expect((await run('remove', 'nightly')).stdout).toBe('Schedule nightly is removed.\n');
    expect(JSON.parse((await run('remove', 'nightly', '--json')).stdout)).toEqual({
      schedule: 'nightly',
      removed: true,
    });
  });

  test('what the API refuses is an error', async () => {
    api = await startFakeApi({
      'DELETE /api/v1/schedules/nobody': problem(404, 'schedule_not_found', 'expected a schedule'),
      'POST /api/v1/schedules/nightly/resume': problem(409, 'state_conflict', 'expected it to be paused'),
    });
    for (const words of [
      ['remove', 'nobody'],
      ['resume', 'nightly'],
    ]) {
      const done = await run(...words);
      expect(done.exitCode).not.toBe(0);
      expect(done.stderr).toMatch(/expected/);
    }
  });
});
