import { afterEach, describe, expect, test } from '@jest/globals';
import { page, problem, startFakeApi, type FakeApi } from './testing/fake-api.ts';
import { makePipeline, makeTrack } from './testing/rows.ts';
import { runForTest } from './testing/run-for-test.ts';

let api: FakeApi;
afterEach(async () => {
  await api.close();
});

const TIME = '2026-11-23T07:00:00.000Z';

describe('inbox', () => {
  const item = {
    trackId: 101,
    vertex: '发布',
    pipelineId: 7,
    pipeline: 'release',
    graph: 'release',
    createdBy: 'admin',
    kind: 'approval',
    state: 'PENDING',
    attempt: 1,
    exitCode: null,
    reason: null,
    detail: null,
    since: TIME,
    expiresAt: null,
    message: 'Ship it?\x1b[2J',
    approvers: ['role:release'],
    me: true,
    form: { tag: { type: 'string', required: true } },
    choice: null,
  };

  test('lists what awaits a person with the commands to type', async () => {
    const choice = { offered: [], successors: ['B', 'C'] };
    const decision = {
      ...item,
      vertex: 'A',
      kind: 'decision',
      state: 'FAILED',
      reason: 'timeout',
      form: {},
      approvers: [],
    };
    api = await startFakeApi({
      'GET /api/v1/inbox': page([
        item,
        { ...item, vertex: 'A', kind: 'choice', message: null, me: false, approvers: [], form: {}, choice },
        { ...decision, me: false, message: null },
      ]),
    });
    const run = await runForTest(['inbox', '--mine', '--kind', 'approval', '--kind', 'choice'], { url: api.url });
    const [, approval, chosen, decided] = run.stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(approval).toMatchObject([
      '7/发布',
      'release',
      'approval: Ship it?',
      expect.anything(),
      'you',
      'npx baton approve 7/发布 -p tag=...',
    ]);
    expect(chosen).toMatchObject([
      '7/A',
      'release',
      'choice: B, C',
      expect.anything(),
      'operators',
      'npx baton next 7/A B C',
    ]);
    expect(decided).toMatchObject([
      '7/A',
      'release',
      'decision: timeout',
      expect.anything(),
      'operators',
      'npx baton retry 7/A',
    ]);
    expect(api.seen[0]?.path).toMatch(/kind=approval.*mine=true/);
  });

  test('says where there is more, and where there is nothing', async () => {
    api = await startFakeApi({ 'GET /api/v1/inbox': [page([item, item]), page([])] });
    const run = await runForTest(['inbox', '--limit', '1', '--json'], { url: api.url });
    expect(JSON.parse(run.stdout)).toMatchObject({ items: [{ trackId: 101 }], hasMore: true });
    expect((await runForTest(['inbox'], { url: api.url })).stdout).toBe('Nothing awaits a person.\n');
    expect(await runForTest(['inbox', '--kind', 'odd'], { url: api.url })).toMatchObject({ exitCode: 2 });
  });
});

describe('history', () => {
  const event = (id: number, fields: object) => ({
    id,
    at: TIME,
    kind: 'flow',
    actor: null,
    reason: null,
    changes: {},
    ...fields,
  });
  const tracks = Array.from({ length: 8 }, (_, index) => ({
    vertexId: index + 1,
    vertex: `v${index + 1}`,
    state: 'PENDING',
  }));

  test('tells who did what and why, and goes on until the pipeline has ended', async () => {
    const chosen = {
      action: { kind: 'choose', vertexId: 1, vertex: 'A', names: ['B'] },
      tracks: [{ vertexId: 2, vertex: 'B', state: 'PENDING' }],
    };
    const later: Record<string, object[]> = {
      0: [event(3, { kind: 'start', actor: 'admin', changes: { tracks } })],
      3: [event(4, { kind: 'choose', actor: 'alice', reason: 'faster\n', changes: chosen })],
      4: [
        event(6, {
          changes: {
            pipeline: { state: 'FINISH' },
            tracks: [{ vertexId: 2, vertex: 'B', state: 'SUCCEED', awaits: null }],
          },
        }),
      ],
    };
    api = await startFakeApi({
      'GET /api/v1/pipelines/7': [
        { body: makePipeline() },
        { body: makePipeline() },
        { body: makePipeline({ state: 'FINISH' }) },
      ],
      'GET /api/v1/pipelines/7/history': ({ path }) =>
        page(later[new URL(path, 'http://api').searchParams.get('cursor') ?? 0] ?? []),
    });
    const run = await runForTest(['history', '7', '--follow'], { url: api.url });
    expect(run.stdout.split('\n')).toEqual([
      '2026-11-23 07:00:00  start by admin: v1 PENDING, v2 PENDING, v3 PENDING, v4 PENDING, v5 PENDING, v6 PENDING, and 2 more tracks',
      '2026-11-23 07:00:00  choose A by alice (faster ): names B, B PENDING',
      '2026-11-23 07:00:00  flow: B SUCCEED, pipeline FINISH',
      '',
    ]);
  });

  test('names workers, and what ran again, as people know them', async () => {
    const claimed = (vertexId: number, worker: string) => ({
      vertexId,
      vertex: `v${vertexId}`,
      state: 'RUNNING',
      worker,
    });
    const from = { vertexIds: [1, 9], descendants: true };
    const events = [
      event(1, { kind: 'claim', changes: { tracks: [claimed(1, 'w-1'), claimed(2, 'w-gone')] } }),
      event(2, { kind: 'claim', changes: { tracks: [claimed(3, 'w-gone')] } }),
      event(3, { kind: 'child', changes: { tracks: [{ vertexId: 4, vertex: 'v4', childPipelineId: 9 }] } }),
      event(4, {
        kind: 'rerun',
        actor: 'me',
        changes: { action: { kind: 'rerun', from }, tracks: tracks.slice(0, 1) },
      }),
      event(5, { kind: 'rerun', actor: 'me', changes: { action: { kind: 'rerun', from: 'failed' } } }),
    ];
    api = await startFakeApi({
      'GET /api/v1/pipelines/7': { body: makePipeline() },
      'GET /api/v1/pipelines/7/history': page(events),
      'GET /api/v1/workers': { body: { items: [{ id: 'w-1', name: 'worker-1' }] } },
    });
    const { stdout, stderr } = await runForTest(['history', '7'], { url: api.url });
    expect({ stderr, lines: stdout.replaceAll('2026-11-23 07:00:00  ', '').split('\n') }).toEqual({
      stderr: '',
      lines: [
        'claim: v1 RUNNING on worker-1, v2 RUNNING on w-gone',
        'claim: v3 RUNNING on w-gone',
        'child: v4 runs pipeline 9',
        'rerun by me: from v1, vertex 9 and what follows, v1 PENDING',
        'rerun by me: from failed',
        '',
      ],
    });
    expect(api.seen.filter(({ path }) => path.startsWith('/api/v1/workers'))).toHaveLength(1);
  });

  test('as one document, also of events that are not known here', async () => {
    const odd = event(1, { kind: 'later', changes: { tracks: 'all' } });
    api = await startFakeApi({
      'GET /api/v1/pipelines/7': { body: makePipeline() },
      'GET /api/v1/pipelines/7/history': page([odd]),
    });
    expect(JSON.parse((await runForTest(['history', '7', '--json'], { url: api.url })).stdout)).toEqual({
      items: [odd],
    });
    expect((await runForTest(['history', '7'], { url: api.url })).stdout).toBe('2026-11-23 07:00:00  later\n');
  });
});

describe('outputs', () => {
  const outputs = { version: '1.2=3', notes: 'one\nEND\n二' };

  test('are written as a script writes them; one alone is as it is', async () => {
    api = await startFakeApi({
      'GET /api/v1/pipelines/7/tracks': page([makeTrack()]),
      'GET /api/v1/tracks/101/outputs': { body: { trackId: 101, attempt: 2, outputs } },
    });
    const all = await runForTest(['outputs', '7/A', '--attempt', '2'], { url: api.url });
    expect(all.stdout).toBe('version=1.2=3\nnotes<<END_\none\nEND\n二\nEND_\n');
    expect(api.seen.at(-1)?.path).toBe('/api/v1/tracks/101/outputs?attempt=2');
    const one = await runForTest(['outputs', '7/A', '--key', 'notes'], { url: api.url });
    expect(one.stdout).toBe('one\nEND\n二\n');
    const unknown = await runForTest(['outputs', '7/A', '--key', 'constructor'], { url: api.url });
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('expected a key of 7/A (version, notes), found "constructor"');
    const asJson = await runForTest(['outputs', '101', '--json'], { url: api.url });
    expect(JSON.parse(asJson.stdout)).toEqual({ trackId: 101, attempt: 2, outputs });
  });
});

test('pools are listed, made, changed and removed', async () => {
  const pool = { name: 'gpu', limit: 2, running: 1, waiting: 37 };
  api = await startFakeApi({
    'GET /api/v1/pools': [{ body: { items: [pool] } }, { body: { items: [] } }],
    'PUT /api/v1/pools/gpu': { status: 201, body: pool },
    'DELETE /api/v1/pools/gpu': { status: 204, body: '' },
    'DELETE /api/v1/pools/cpu': problem(409, 'pool_in_use', 'expected a pool that nothing needs, found graph nightly'),
  });
  const run = (words: string[]) => runForTest(['pool', ...words], { url: api.url });
  expect((await run(['list'])).stdout).toBe('pool  limit  running  waiting\ngpu   2      1        37\n');
  expect((await run(['list'])).stdout).toBe('No pools. "npx baton pool set NAME LIMIT" makes one.\n');
  expect((await run(['set', 'gpu', '2'])).stdout).toBe('Pool gpu: at most 2 at once, 1 running.\n');
  expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toEqual({ limit: 2 });
  expect((await run(['set', 'gpu', '-1'])).exitCode).toBe(2);
  expect((await run(['remove', 'gpu', '--json'])).stdout).toBe('{\n  "name": "gpu",\n  "removed": true\n}\n');
  const refused = await run(['remove', 'cpu']);
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain('found graph nightly');
});

test('ps shows children, or those of one track, with the track that runs them', async () => {
  api = await startFakeApi({
    'GET /api/v1/pipelines': page([makePipeline(), makePipeline({ id: 8, parentTrackId: 101 })]),
    'GET /api/v1/pipelines/7/tracks': page([makeTrack()]),
  });
  const all = await runForTest(['ps', '--children'], { url: api.url });
  expect(all.stdout).toMatch(/reason +run by track\n7 .*\n8 .* 101\n$/);
  expect(api.seen.at(-1)?.path).toContain('children=true');
  await runForTest(['ps', '--parent', '7/A'], { url: api.url });
  expect(api.seen.at(-1)?.path).toContain('parent=101');
});
