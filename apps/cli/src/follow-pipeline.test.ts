import { afterEach, describe, expect, test } from '@jest/globals';
import { page, problem, startFakeApi, type FakeApi } from './testing/fake-api.ts';
import { GRAPH, makeDetails, makeEnded, makePipeline, makeTrack } from './testing/rows.ts';
import { runForTest } from './testing/run-for-test.ts';

let api: FakeApi;
afterEach(async () => {
  await api.close();
});

describe('run --follow', () => {
  const graph = { 'GET /api/v1/graphs/test1': { body: { ...GRAPH, vertices: [] } } };
  const ended = (state: 'FINISH' | 'FAILED', counts: object) =>
    makePipeline({ state, finishedAt: '2026-11-23T07:00:00.400Z', counts: { ...makePipeline().counts, ...counts } });

  test('tells each end once, shows the table, and ends with 0', async () => {
    const a = makeEnded({ id: 101, vertex: 'A' }, 0, 200);
    const b = makeEnded({ id: 102, vertex: 'B' }, 250, 400);
    api = await startFakeApi({
      ...graph,
      'POST /api/v1/pipelines': { status: 202, body: makePipeline() },
      'GET /api/v1/pipelines/7': [{ body: makePipeline() }, { body: ended('FINISH', { SUCCEED: 2 }) }],
      'GET /api/v1/pipelines/7/tracks': [page([a, makeTrack({ id: 102, vertex: 'B' })]), page([a, b])],
      'GET /api/v1/tracks/101/output': { type: 'text/plain', body: 'hello\n\x1b[2Jthere\n' },
      'GET /api/v1/tracks/102/output': problem(404, 'attempt_not_found', 'none'),
    });
    const run = await runForTest(['run', 'test1', '--follow'], { url: api.url });
    expect(run.exitCode).toBe(0);
    expect(run.stdout.split('\n').slice(0, 6)).toEqual([
      '[0.2s] A SUCCEED on worker-1 in 200 ms',
      '[0.4s] B SUCCEED on worker-1 in 150 ms',
      '',
      'vertex  track  state    worker    attempt  duration  output',
      'A       101    SUCCEED  worker-1  1        200 ms    hello | there',
      'B       102    SUCCEED  worker-1  1        150 ms',
    ]);
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('test1 (pipeline 7) FINISH in 400 ms: 2 SUCCEED');
  });

  test('of a pipeline that fails ends with 1 and shows the line that failed', async () => {
    const failed = makeEnded({ state: 'FAILED', exitCode: 1, reason: 'exit_code', script: 'echo a\nfalse\n' }, 0, 10);
    api = await startFakeApi({
      ...graph,
      'POST /api/v1/pipelines': { status: 202, body: makePipeline() },
      'GET /api/v1/pipelines/7': { body: ended('FAILED', { FAILED: 1 }) },
      'GET /api/v1/pipelines/7/tracks': page([failed]),
      'GET /api/v1/tracks/101': { body: makeDetails(failed, 'line 2: false') },
      'GET /api/v1/tracks/101/output': { type: 'text/plain', body: 'a\n' },
    });
    const run = await runForTest(['run', 'test1', '--follow'], { url: api.url });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('✖ A FAILED at line 2 of its script: exit code 1');
    expect(run.stdout).toContain('  > 2  false');
    const asJson = await runForTest(['run', 'test1', '--follow', '--json'], { url: api.url });
    expect(asJson).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ id: 7, state: 'FAILED', tracks: [{ vertex: 'A' }] });
  });

  test('waits until what runs beside a failure has ended', async () => {
    const counts = { ...makePipeline().counts, RUNNING: 1 };
    api = await startFakeApi({
      ...graph,
      'POST /api/v1/pipelines': { status: 202, body: makePipeline() },
      'GET /api/v1/pipelines/7': [
        { body: makePipeline({ state: 'FAILED', counts }) },
        { body: ended('FAILED', { SUCCEED: 1 }) },
      ],
      'GET /api/v1/pipelines/7/tracks': [page([makeTrack({ state: 'RUNNING' })]), page([makeEnded({}, 0, 9)])],
      'GET /api/v1/tracks/101/output': { type: 'text/plain', body: '' },
    });
    const run = await runForTest(['run', 'test1', '--follow'], { url: api.url });
    expect(run.stdout).toContain('A SUCCEED on worker-1');
    expect(run.exitCode).toBe(1);
  });

  test('goes on where the API is away for a moment, ends with 124 when the time is up, with 130 on an interrupt', async () => {
    api = await startFakeApi({
      ...graph,
      'POST /api/v1/pipelines': { status: 202, body: makePipeline() },
      'GET /api/v1/pipelines/7': [problem(503, 'database_unavailable', 'away'), { body: makePipeline() }],
      'GET /api/v1/pipelines/7/tracks': page([makeTrack()]),
    });
    const late = await runForTest(['run', 'test1', '--timeout', '0.3'], { url: api.url });
    expect(late.exitCode).toBe(124);
    expect(late.stderr).toContain('pipeline 7 has not ended within 0.3 s; it goes on');
    const interrupt = new AbortController();
    const following = runForTest(['run', 'test1', '--follow'], { url: api.url, signal: interrupt.signal });
    const before = api.seen.length;
    await waitUntil(() => api.seen.slice(before).some(({ path: seen }) => seen.includes('/tracks')));
    interrupt.abort(new Error('ended by SIGINT'));
    const ended130 = await following;
    expect(ended130.exitCode).toBe(130);
    expect(ended130.stderr).toContain(
      'Pipeline 7 goes on: "npx baton show 7" shows it, "npx baton cancel 7" stops it.',
    );
  });
});

async function waitUntil(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isTrue(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isTrue()).toBe(true);
}
