import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { problem, startFakeApi, type FakeApi } from '../testing/fake-api.ts';
import { GRAPH, makePipeline } from '../testing/rows.ts';
import { runForTest } from '../testing/run-for-test.ts';

/** why, simulate, graph diff. */
let api: FakeApi;
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'baton-cli-'));
});
afterEach(async () => {
  await api?.close();
  rmSync(directory, { recursive: true });
});

const TRACK_ID = 7 * 2 ** 22 + 3;
const running = { trackId: TRACK_ID - 2, vertex: 'A', state: 'RUNNING', kind: 'running', sentence: 'attempt 1 runs' };
const TRACK_WHY = {
  trackId: TRACK_ID,
  vertex: 'C',
  state: 'WAITING',
  pipelineId: 7,
  sentence: 'C is WAITING: waits for B',
  blockers: [
    { kind: 'paused', sentence: 'pipeline 7 is paused', by: 'alice', reason: null, since: null },
    {
      kind: 'predecessors',
      sentence: 'waits for B\u001b[2J',
      join: 'none_failed_min_one_success',
      total: 2,
      ended: 1,
      needs: 'the ends of all 2 predecessors',
      unfinished: [{ trackId: TRACK_ID - 1, vertex: 'B', state: 'WAITING' }],
      roots: [running],
      isComplete: false,
    },
  ],
};

describe('why', () => {
  test('of a track: what holds it, and below it the tracks that really do', async () => {
    api = await startFakeApi({
      'GET /api/v1/pipelines/29360131': problem(404, 'pipeline_not_found', 'none'),
      [`GET /api/v1/tracks/${TRACK_ID}/why`]: { body: TRACK_WHY },
    });
    const run = await runForTest(['why', String(TRACK_ID)], { url: api.url });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toBe(
      `C (track ${TRACK_ID} of pipeline 7) is WAITING
  paused: pipeline 7 is paused
  predecessors: waits for B
  its join rule needs the ends of all 2 predecessors; what holds it:
    A (track ${TRACK_ID - 2}, RUNNING): attempt 1 runs
    there is more above than was looked at
`,
    );
    const json = await runForTest(['why', String(TRACK_ID), '--json'], { url: api.url });
    expect(JSON.parse(json.stdout)).toEqual(TRACK_WHY);
  });

  test('of a pipeline: groups of tracks', async () => {
    const tracks = [{ trackId: TRACK_ID, vertex: 'C', state: 'PENDING' }];
    const groups = [{ kind: 'limit', count: 37, sentence: '37 tracks wait for pool gpu: C, D, E and 34 more', tracks }];
    const why = { pipelineId: 7, pipeline: 'etl', state: 'RUNNING', sentence: '', groups, isComplete: true };
    api = await startFakeApi({
      'GET /api/v1/pipelines/7': { body: makePipeline() },
      'GET /api/v1/pipelines/7/why': [{ body: why }, { body: { ...why, groups: [], isComplete: false } }],
    });
    expect((await runForTest(['why', '7'], { url: api.url })).stdout).toBe(
      `etl (pipeline 7) is RUNNING\n  limit: 37 tracks wait for pool gpu: C, D, E and 34 more (track ${TRACK_ID})\n`,
    );
    const empty = await runForTest(['why', '7'], { url: api.url });
    expect(empty.stdout).toContain('nothing holds it');
    expect(empty.stdout).toContain('not all were counted');
  });

  test('a word that names neither is refused', async () => {
    api = await startFakeApi({});
    expect(await runForTest(['why', 'what'], { url: api.url })).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

const track = {
  vertexId: 1,
  vertex: 'A',
  state: 'FAILED',
  reason: 'exit_code',
  detail: null,
  awaits: null,
  attempts: 2,
};
const SIMULATION = {
  state: 'FAILED',
  reason: 'A failed',
  makespanMs: 9000,
  tracks: [
    { ...track, detail: 'its condition has no answer' },
    { ...track, vertexId: 2, vertex: 'B', state: 'WAITING', reason: null, attempts: 0 },
    { ...track, vertexId: 3, vertex: 'C', state: 'PENDING', reason: null, awaits: 'approval', attempts: 0 },
  ],
  timeline: [
    { vertexId: 1, vertex: 'A', attempt: 1, startMs: 0, endMs: 4000, result: 'fail' },
    { vertexId: 1, vertex: 'A', attempt: 2, startMs: 5000, endMs: 9000, result: 'fail' },
  ],
  criticalPath: ['A'],
  waitsFor: [{ vertex: 'C', awaits: 'approval' }],
};

describe('simulate', () => {
  test('asks what the options say, and shows how it would end', async () => {
    api = await startFakeApi({
      'POST /api/v1/graphs/test1/simulate': { body: SIMULATION },
      'GET /api/v1/graphs/test1': { body: GRAPH },
    });
    writeFileSync(
      path.join(directory, 'what.json'),
      '{"slots": 9, "outcomes": {"A": {"result": "timeout"}, "B": {"exitCode": 4}}}',
    );
    const options = ['--fail', 'B', '--take', 'a=b=2.5', '--choose', 'A=B,C', '--reject', 'G', '--slots', '3'];
    const words = ['simulate', 'test1', '--what-if', 'what.json', '-p', 'ip=1', '--on-failure', 'continue', ...options];
    const run = await runForTest(words, { url: api.url, workingDirectory: directory });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toEqual({
      slots: 3,
      onFailure: 'continue',
      params: { ip: '1' },
      outcomes: {
        A: { result: 'timeout', chosen: ['B', 'C'] },
        B: { exitCode: 4, result: 'fail' },
        G: { gate: 'reject' },
        'a=b': { durationMs: 2500 },
      },
    });
    expect(run.stdout).toBe(
      `It would be FAILED: A failed after 9.0 s
vertex  state    reason           start  end    attempts
A       FAILED   exit_code        0 ms   9.0 s  2
B       WAITING
C       PENDING  awaits approval
critical path: A
A: its condition has no answer
in the end C awaits approval
`,
    );
  });

  test('in manual mode the choice is a person’s; a file is stored first', async () => {
    api = await startFakeApi({
      'PUT /api/v1/graphs/test1': { body: { ...GRAPH, change: 'created', problems: [] } },
      'POST /api/v1/graphs/test1/simulate': { body: SIMULATION },
    });
    writeFileSync(path.join(directory, 'one.yaml'), 'name: test1\n');
    const words = ['simulate', 'one.yaml', '--mode', 'manual', '--choose', 'A=B', '--json'];
    const run = await runForTest(words, { url: api.url, workingDirectory: directory });
    expect(JSON.parse(run.stdout)).toEqual(SIMULATION);
    expect(api.seen.map(({ method }) => method)).toEqual(['PUT', 'POST']);
    expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toEqual({ mode: 'manual', outcomes: { A: { choice: ['B'] } } });
  });

  test.each([
    [['--take', 'A'], 'expected --take vertex=value, found "A"'],
    [['--take', 'A=soon'], 'expected seconds, found "soon"'],
    [['--what-if', 'no.json'], 'expected a file to read'],
    [['--what-if', 'bad.json'], 'expected JSON in bad.json'],
  ])('%j is refused', async (options, message) => {
    api = await startFakeApi({});
    writeFileSync(path.join(directory, 'bad.json'), '{');
    const run = await runForTest(['simulate', 'test1', ...options], { url: api.url, workingDirectory: directory });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(api.seen).toEqual([]);
  });
});

describe('graph diff', () => {
  const nothing = { added: [], removed: [], changed: [] };
  const DIFF = { id: 3, graph: 'test1', from: 1, to: 2, header: [], vertices: nothing, edges: nothing };

  test('shows what was added, removed and changed, scripts line by line', async () => {
    const script = { field: 'script', before: 'echo 1\necho 2\n', after: 'echo 3' };
    const body = {
      ...DIFF,
      header: [{ field: 'timeoutMs', before: null, after: 5000 }],
      vertices: {
        added: [{ id: 4, name: 'D' }],
        removed: [{ id: 2, name: 'B' }],
        changed: [{ id: 1, name: 'A', fields: [script] }],
      },
      edges: {
        added: [{ tail: 'A', head: 'D', when: null }],
        removed: [{ tail: 'A', head: 'B', when: null }],
        changed: [{ tail: 'A', head: 'C', fields: [{ field: 'when', before: null, after: 'params.big' }] }],
      },
    };
    api = await startFakeApi({ 'GET /api/v1/graphs/test1/diff': { body } });
    const run = await runForTest(['graph', 'diff', 'test1', '1', '2'], { url: api.url });
    expect(run.stdout).toBe(
      `test1: version 1 to 2
timeoutMs:
  + 5000
- vertex B
+ vertex D
~ vertex A
    script:
      - echo 1
      - echo 2
      + echo 3
- edge A -> B
+ edge A -> D
~ edge A -> C
    when:
      + params.big
`,
    );
    expect(api.seen[0]?.path).toBe('/api/v1/graphs/test1/diff?from=1&to=2');
  });

  test('of the last two versions unless others are named; where they say the same it says so', async () => {
    api = await startFakeApi({ 'GET /api/v1/graphs/test1/diff': { body: DIFF } });
    const run = await runForTest(['graph', 'diff', 'test1'], { url: api.url });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'test1: version 1 to 2\nno difference\n' });
    expect(api.seen[0]?.path).toBe('/api/v1/graphs/test1/diff');
  });
});
