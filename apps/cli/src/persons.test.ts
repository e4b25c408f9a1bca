import { afterEach, describe, expect, test } from '@jest/globals';
import { page, problem, startFakeApi, type FakeApi } from './testing/fake-api.ts';
import { GRAPH, makeDetails, makeEnded, makePipeline, makeTrack } from './testing/rows.ts';
import { runForTest } from './testing/run-for-test.ts';

let api: FakeApi;
afterEach(async () => {
  await api.close();
});

const TRACKS = {
  'GET /api/v1/pipelines/7/tracks': page([makeTrack({ vertex: 'A' }), makeTrack({ id: 102, vertex: 'B' })]),
};
const details = (fields: Parameters<typeof makeTrack>[0]) => ({ body: makeDetails(makeTrack(fields), null) });
const sent = (): [string, string, unknown, unknown][] =>
  api.seen
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, headers, body }) => [
      method,
      path,
      headers['idempotency-key'],
      body === '' ? null : JSON.parse(body),
    ]);

describe('a track by its id or by pipeline/vertex, with the reason and the key', () => {
  test.each([
    ['skip', 'skip', { state: 'SKIPPED' }, '7/B is SKIPPED.'],
    ['succeed', 'succeed', { state: 'SUCCEED' }, '7/B is SUCCEED.'],
    ['give-up', 'give-up', { state: 'FAILED' }, '7/B is FAILED.'],
    ['reject', 'reject', { state: 'SKIPPED', gateDecision: 'rejected' }, '7/B is rejected, SKIPPED.'],
    ['cancel', 'cancel', { state: 'CANCELLED' }, '7/B is CANCELLED.'],
    [
      'cancel',
      'cancel',
      { state: 'RUNNING' },
      '7/B is being cancelled: it is CANCELLED when its last process is gone.',
    ],
  ] as const)('%s', async (command, step, fields, line) => {
    api = await startFakeApi({
      ...TRACKS,
      [`POST /api/v1/tracks/102/${step}`]: details({ id: 102, vertex: 'B', ...fields }),
    });
    const words = [command, '7/B', '--reason', 'because', '--idempotency-key', 'k'];
    const run = await runForTest(words, { url: api.url });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain(line);
    expect(sent()).toEqual([['POST', `/api/v1/tracks/102/${step}`, 'k', { reason: 'because' }]]);
    const asJson = await runForTest([command, '7/B', '--json'], { url: api.url });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ id: 102, ...fields });
  });

  test('a refusal is told with its problems, and ends with 2; what a token may not do with 4', async () => {
    api = await startFakeApi({
      ...TRACKS,
      'POST /api/v1/tracks/102/skip': problem(409, 'state_conflict', 'expected it to await a decision, found RUNNING'),
      'POST /api/v1/tracks/102/reject': problem(403, 'not_an_approver', 'expected one of role:release'),
    });
    const refused = await runForTest(['skip', '7/B', '--json'], { url: api.url });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('expected it to await a decision, found RUNNING');
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'state_conflict' } });
    expect(await runForTest(['reject', '7/B'], { url: api.url })).toMatchObject({ exitCode: 4 });
    const both = await runForTest(['reject', '7/B', '--comment', 'a', '--reason', 'b'], { url: api.url });
    expect(both).toMatchObject({ exitCode: 2 });
  });
});

describe('next', () => {
  const choice = { offered: ['B'], successors: ['A', 'B', 'the end'] };
  const awaiting = details({ state: 'SUCCEED', awaits: 'choice', choice });
  const chosen = details({ state: 'SUCCEED', chosen: ['B', 'the end'] });

  test('goes on with the names, as they are', async () => {
    api = await startFakeApi({ ...TRACKS, 'POST /api/v1/tracks/101/next': chosen });
    const run = await runForTest(['next', '7/A', 'B', 'the end'], { url: api.url });
    expect(run).toEqual({ exitCode: 0, stdout: '7/A goes on with B, the end.\n', stderr: '' });
    expect(sent()).toEqual([['POST', '/api/v1/tracks/101/next', undefined, { next: ['B', 'the end'] }]]);
  });

  test('without names shows the offer and asks: what next names first, Enter takes it', async () => {
    api = await startFakeApi({
      ...TRACKS,
      'GET /api/v1/tracks/101': awaiting,
      'POST /api/v1/tracks/101/next': chosen,
    });
    const typed = ['4', '3 1', ''];
    const words = ['next', '7/A'];
    const run = await runForTest(words, { url: api.url, answers: () => typed.shift() ?? '' });
    expect(run.stderr).toBe(
      '7/A goes on with:\n  1  B  (next)\n  2  A\n  3  the end\nexpected one of those above, found 4\n',
    );
    await runForTest(words, { url: api.url, answers: () => typed.shift() ?? '' });
    expect(sent().map(([, , , body]) => body)).toEqual([{ next: ['the end', 'B'] }, { next: ['B'] }]);
  });

  test('where nobody can be asked the offer is the refusal; --all and --none name no names', async () => {
    api = await startFakeApi({
      ...TRACKS,
      'GET /api/v1/tracks/101': awaiting,
      'POST /api/v1/tracks/101/next': chosen,
    });
    const run = await runForTest(['next', '7/A'], { url: api.url });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('awaits a choice among A, B, the end: npx baton next 7/A B\n  1  B  (next)');
    await runForTest(['next', '7/A', '--all'], { url: api.url });
    await runForTest(['next', '7/A', '--none'], { url: api.url });
    expect(await runForTest(['next', '7/A', 'B', '--none'], { url: api.url })).toMatchObject({ exitCode: 2 });
    expect(sent().map(([, , , body]) => body)).toEqual([{ next: ['B', 'A', 'the end'] }, { next: [] }]);
  });
});

describe('approve and params', () => {
  const form = { tag: { type: 'string', required: true }, canary: { type: 'json', default: [] } } as const;
  const gate = {
    message: 'Ship it?',
    form,
    approvers: [],
    forbidSelfApproval: false,
    onExpiry: 'reject',
    expiresAt: null,
  };

  test('approve fills in the form; what is missing is asked for', async () => {
    const awaiting = { awaits: 'approval', state: 'PENDING', gate: { ...gate, onExpiry: 'reject' } } as const;
    api = await startFakeApi({
      ...TRACKS,
      'GET /api/v1/tracks/101': details(awaiting),
      'POST /api/v1/tracks/101/approve': details({ state: 'PENDING', gateDecision: 'approved' }),
    });
    const words = ['approve', '7/A', '-p', 'canary=["eu"]', '--comment', 'fine'];
    const run = await runForTest(words, { url: api.url, answers: { tag: 'v1' } });
    expect(run.stdout).toBe('7/A is approved, PENDING. Pipeline 7 is RUNNING.\n');
    expect(sent()[0]?.[3]).toEqual({ params: { canary: ['eu'], tag: 'v1' }, reason: 'fine' });
  });

  test("params asks only for what the track lacks: not for a map's item, nor for what the gate asks", async () => {
    const required = { type: 'string', required: true };
    const input = { ip: required, port: { ...required, type: 'int' }, item: required };
    const vertex = { id: 1, name: 'A', script: 'true', input, map: { over: 'B.list', as: 'item' }, gate };
    api = await startFakeApi({
      ...TRACKS,
      'GET /api/v1/pipelines/7': { body: makePipeline() },
      'GET /api/v1/graphs/3': { body: { ...GRAPH, vertices: [vertex] } },
      'GET /api/v1/tracks/101': details({ state: 'PENDING', awaits: 'params', input: { ip: '10.0.0.1' } }),
      'POST /api/v1/tracks/101/params': details({ state: 'PENDING' }),
    });
    expect((await runForTest(['show', '7/A'], { url: api.url })).stdout).toContain('params 7/A -p port=...');
    await runForTest(['params', '7/A'], { url: api.url, answers: { port: '80', item: 'a', tag: 'b' } });
    await runForTest(['params', '7/A', '-p', 'port=81', '--reason', 'r'], { url: api.url });
    expect(sent().map(([, , , body]) => body)).toEqual([
      { params: { port: '80' } },
      { params: { port: '81' }, reason: 'r' },
    ]);
  });
});

describe('retry', () => {
  const rerun = (plan: object | null) => ({ body: { ...makePipeline(), plan } });
  const plan = {
    version: { from: 1, to: 2 },
    totalTracks: 2,
    tracks: [
      { vertexId: 1, vertex: 'A', attempt: 2, isNew: false, changes: ['script', 'params.data'] },
      { vertexId: 2, vertex: 'B', attempt: 1, isNew: true, changes: [] },
    ],
  };
  const answers = {
    ...TRACKS,
    'GET /api/v1/pipelines/7': { body: makePipeline() },
    'GET /api/v1/graphs/3': { body: GRAPH },
    'GET /api/v1/tracks/102': details({ id: 102, vertexId: 2, vertex: 'B' }),
    'POST /api/v1/pipelines/7/retry': rerun(plan),
  };

  test('of a pipeline runs what failed; a preview says what would run, and why', async () => {
    api = await startFakeApi(answers);
    const run = await runForTest(['retry', '7', '--preview', '--version', 'latest'], { url: api.url });
    expect(run.stdout.split('\n').slice(1)).toEqual([
      '2 tracks would run again, with version 2 of the graph instead of 1; nothing was changed:',
      'vertex  attempt  what differs',
      'A       2        script, params.data',
      'B       1        new',
      '',
    ]);
    expect(sent()[0]?.[3]).toEqual({ version: 'latest', preview: true });
  });

  test.each([
    [['7'], {}],
    [['7', '--from', 'A,B', '--from', 'C'], { from: ['A', 'B', 'C'], descendants: true }],
    [['7', '--from', 'A', '--only', '--version', '3'], { from: ['A'], descendants: false, version: 3 }],
    [['7/B'], { from: [2], descendants: false }],
    [['7/B', '--descendants', '--reason', 'r'], { from: [2], descendants: true, reason: 'r' }],
    [['7/B', '-p', 'data={"a":1}'], { from: [2], descendants: false, params: { 'B.data': { a: 1 } } }],
    [['7', '-p', 'ip=08', '-p', 'B.data=3'], { params: { ip: '08', 'B.data': 3 } }],
  ])('%j sends %j', async (words, body) => {
    api = await startFakeApi(answers);
    expect(await runForTest(['retry', ...words], { url: api.url })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sent()).toEqual([['POST', '/api/v1/pipelines/7/retry', undefined, body]]);
  });

  test.each([
    [['7', '--only'], 'expected --only with --from'],
    [['7', '--descendants'], 'expected --descendants with --from'],
    [['7/B', '--from', 'A'], 'expected --from with a pipeline'],
    [['7', '--from', 'A,'], 'expected names of vertices'],
    [['7', '--version', 'newest'], 'expected same, latest, or the number of a version'],
  ])('%j is a wrong command line', async (words, message) => {
    api = await startFakeApi(answers);
    const run = await runForTest(['retry', ...words], { url: api.url });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(sent()).toEqual([]);
  });

  test('a request that had been done before is told so', async () => {
    api = await startFakeApi({ ...answers, 'POST /api/v1/pipelines/7/retry': rerun(null) });
    const run = await runForTest(['retry', '7', '--idempotency-key', 'k'], { url: api.url });
    expect(run.stdout).toContain('The same request had been done before.');
  });
});

test('pause, resume, mode and cancel of a pipeline', async () => {
  const paused = makePipeline({ state: 'PAUSED' });
  api = await startFakeApi({
    'POST /api/v1/pipelines/7/pause': { body: paused },
    'POST /api/v1/pipelines/7/resume': { body: makePipeline() },
    'POST /api/v1/pipelines/7/mode': { body: makePipeline({ mode: 'manual' }) },
    'POST /api/v1/pipelines/7/cancel': { body: makePipeline({ state: 'CANCELLED' }) },
  });
  const run = (words: string[]) => runForTest(words, { url: api.url });
  expect((await run(['pause', '7', '--reason', 'lunch'])).stdout).toBe(
    'test1 (pipeline 7) PAUSED: \n"npx baton resume 7" lets it go on.\n',
  );
  expect((await run(['resume', '7'])).stdout).toContain('RUNNING');
  expect((await run(['mode', '7', 'manual'])).stdout).toContain('Its mode is manual.');
  expect((await run(['mode', '7', 'fast'])).exitCode).toBe(2);
  expect(JSON.parse((await run(['cancel', '7', '--json', '--reason', 'r'])).stdout)).toMatchObject({ id: 7 });
  expect(sent().map(([, path, , body]) => [path.split('/').at(-1), body])).toEqual([
    ['pause', { reason: 'lunch' }],
    ['resume', {}],
    ['mode', { mode: 'manual' }],
    ['cancel', { reason: 'r' }],
  ]);
});

test('a great number is a pipeline where there is such a pipeline, else a track', async () => {
  const id = 7 * 2 ** 22 + 1;
  api = await startFakeApi({ [`POST /api/v1/tracks/${id}/cancel`]: details({ id, state: 'CANCELLED' }) });
  const run = await runForTest(['cancel', String(id)], { url: api.url });
  expect(run.stdout).toBe('7/A is CANCELLED.\n');
  expect(api.seen.map(({ path }) => path)).toEqual([`/api/v1/pipelines/${id}`, `/api/v1/tracks/${id}/cancel`]);
});

test('show tells what awaits a person with what to type, what a track runs, and what runs this pipeline', async () => {
  const choice = { offered: [], successors: ['B', "it's"] };
  const tracks = [
    makeEnded({ id: 101, vertex: 'A', awaits: 'choice', choice }, 0, 10),
    makeTrack({ id: 102, vertex: 'B', state: 'RUNNING', childPipelineId: 9 }),
    makeTrack({ id: 103, vertex: 'C', state: 'PENDING', awaits: 'params' }),
    makeEnded({ id: 104, vertex: 'D', state: 'CANCELLED', reason: 'cancelled', awaits: 'decision' }, 0, 10),
  ];
  const vertices = [{ id: 3, name: 'C', script: 'true', input: { ip: { type: 'string', required: true } } }];
  api = await startFakeApi({
    'GET /api/v1/pipelines/7': { body: makePipeline({ parentTrackId: 55, deadlineAt: '2026-11-23T08:00:00.000Z' }) },
    'GET /api/v1/pipelines/7/tracks': page(tracks),
    'GET /api/v1/tracks/55': details({ id: 55, pipelineId: 4, vertex: 'test', state: 'RUNNING' }),
    'GET /api/v1/graphs/3': { body: { ...GRAPH, vertices } },
    'GET /api/v1/pipelines/9/why': { body: { groups: [{ kind: 'choice', sentence: '1 track awaits a choice' }] } },
  });
  const { stdout } = await runForTest(['show', '7'], { url: api.url });
  expect(stdout).toContain('by admin, to end by 2026-11-23 08:00:00 UTC\nrun by 4/test (track 55, RUNNING)\n');
  expect(stdout).toMatch(/B +102 +RUNNING .*runs pipeline 9\n/);
  expect(stdout).toContain(
    [
      'Awaiting a person:',
      String.raw`  A awaits a choice among B, it's: npx baton next 7/A B 'it'\''s'`,
      '  C awaits values for ip: npx baton params 7/C -p ip=...',
      '  D is CANCELLED and awaits a decision: npx baton retry 7/D, or skip, succeed, give-up',
      '  B runs pipeline 9, in which 1 track awaits a choice: npx baton show 9',
    ].join('\n'),
  );
});

test('show of a track has its attempts, its gate and the last action', async () => {
  const track = makeEnded({ state: 'SUCCEED', chosen: ['B'], gateDecision: 'approved' }, 0, 10);
  const lastAction = { kind: 'approve', actor: 'alice', reason: 'fine', at: '2026-11-23T07:00:00.000Z' };
  api = await startFakeApi({
    ...TRACKS,
    'GET /api/v1/tracks/101': { body: { ...makeDetails(track, null), lastAction } },
  });
  const { stdout } = await runForTest(['show', '7/A'], { url: api.url });
  expect(stdout).toContain('7/A (track 101) SUCCEED: went on with B\nof pipeline 7 (test1), which is RUNNING\n');
  expect(stdout).toContain('its gate was approved\nlast action: approve by alice (fine), 2026-11-23 07:00:00 UTC\n');
  expect(stdout).toMatch(/1 +worker-1 +exit_code +0 +2026-11-23 07:00:00 +12 ms/);
});
