import { afterEach, describe, expect, test } from '@jest/globals';
import type { Track } from '@baton/client';
import { composeOffer, readChoice } from './choice-answer.ts';
import { page, problem, startFakeApi, type FakeApi, type FakeAnswer } from './testing/fake-api.ts';
import { GRAPH, makeDetails, makeEnded, makePipeline, makeTrack } from './testing/rows.ts';
import { runForTest, type RunOptions } from './testing/run-for-test.ts';

let api: FakeApi;
afterEach(async () => {
  await api.close();
});

const gate: NonNullable<Track['gate']> = {
  message: 'Ship it?',
  form: { tag: { type: 'string', required: true }, count: { type: 'integer', default: 3 } },
  approvers: ['role:release'],
  forbidSelfApproval: false,
  onExpiry: 'reject',
  expiresAt: null,
};
const choosing = makeEnded({ awaits: 'choice', choice: { offered: ['C'], successors: ['B', 'C'] } }, 0, 200);
const held = makeTrack({ state: 'PENDING', awaits: 'approval', gate });

/** A server on which the pipeline goes on until a POST to the track is accepted. */
async function serve(track: typeof choosing, posts: Record<string, FakeAnswer | FakeAnswer[]>): Promise<void> {
  const isDecided = () => api.seen.some(({ path }) => path.endsWith('/next') || path.endsWith('/approve'));
  const ended = makePipeline({
    state: 'FINISH',
    finishedAt: '2026-11-23T07:00:01.000Z',
    counts: { ...makePipeline().counts, SUCCEED: 1 },
  });
  api = await startFakeApi({
    'GET /api/v1/graphs/test1': { body: { ...GRAPH, vertices: [] } },
    'GET /api/v1/graphs/3': { body: { ...GRAPH, vertices: [] } },
    'POST /api/v1/pipelines': { status: 202, body: makePipeline() },
    'GET /api/v1/pipelines/7': () => ({ body: isDecided() ? ended : makePipeline() }),
    'GET /api/v1/pipelines/7/tracks': () => page([isDecided() ? makeEnded({}, 0, 200) : track]),
    'GET /api/v1/tracks/101': () => ({ body: makeDetails(isDecided() ? makeEnded({}, 0, 200) : track, null) }),
    'GET /api/v1/tracks/101/output': { type: 'text/plain', body: '' },
    ...posts,
  });
}

const follow = (options: RunOptions = {}) =>
  runForTest(['run', 'test1', '--mode', 'manual', '--follow'], { url: api.url, ...options });
const bodies = () =>
  api.seen
    .filter(({ path }) => path.includes('/tracks/101/'))
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.parse(body) as unknown);

describe('run --follow, where somebody can be asked', () => {
  test('asks for the choice: numbered, next first, Enter takes it', async () => {
    await serve(choosing, { 'POST /api/v1/tracks/101/next': { body: makeDetails(choosing, null) } });
    const asked: string[] = [];
    const run = await follow({ answers: (question) => (asked.push(question), asked.length === 1 ? 'D' : '') });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain(
      '7/A awaits a choice among B, C\n  1  C  (next)\n  2  B\nexpected one of those above, found D\n',
    );
    expect(asked[1]).toBe('Go on with (numbers or names; Enter for C; all, none, later): ');
    expect(bodies()).toEqual([{ next: ['C'] }]);
  });

  test('asks at a gate, with its form, and again where the form is refused', async () => {
    const wrong = problem(422, 'invalid_parameters', 'expected the form', [{ code: 'bad', message: 'expected v1' }]);
    await serve(held, { 'POST /api/v1/tracks/101/approve': [wrong, { body: makeDetails(held, null) }] });
    const typed = ['maybe', 'a', 'x', 'approve', 'v1'];
    const run = await follow({ answers: () => typed.shift() ?? '' });
    expect(run.stderr).toContain('7/A awaits approval: Ship it? (by role:release; form: tag, count=3)\n');
    expect(run.stderr).toContain('  bad: expected v1\n');
    expect(bodies()).toEqual([{ params: { tag: 'x' } }, { params: { tag: 'v1' } }]);
  });

  test('asks nobody twice who may not decide, or wants to later', async () => {
    await serve(held, { 'POST /api/v1/tracks/101/approve': problem(403, 'not_an_approver', 'expected role:release') });
    const asked: string[] = [];
    const refused = await follow({ answers: (question) => (asked.push(question), 'approve') });
    expect(refused.stderr).toContain('expected role:release');
    expect(asked).toEqual(['approve, reject, later? ', 'tag (string): ']);
    await api.close();
    await serve(choosing, {});
    const words = ['run', 'test1', '--timeout', '0.5'];
    const later = await runForTest(words, { url: api.url, answers: () => 'later' });
    expect(later.exitCode).toBe(124);
    expect(later.stderr.match(/Left for later: npx baton next 7\/A C\n/g)).toHaveLength(1);
  });

  test('takes its question back where somebody else has decided, or the time is up', async () => {
    await serve(choosing, { 'POST /api/v1/tracks/101/next': { body: makeDetails(choosing, null) } });
    const never = (_question: string, signal?: AbortSignal): Promise<string> =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const elsewhere = follow({
      answers: (question, signal) => {
        void fetch(`${api.url}/api/v1/tracks/101/next`, { method: 'POST', body: '{"next":["B"]}' });
        return never(question, signal);
      },
    });
    expect((await elsewhere).stderr).toContain('7/A no longer awaits that: it is SUCCEED.\n');
    expect((await elsewhere).exitCode).toBe(0);
    await api.close();
    await serve(choosing, {});
    const late = await runForTest(['run', 'test1', '--timeout', '0.3'], { url: api.url, answers: never });
    expect(late.exitCode).toBe(124);
    expect(late.stderr).toContain('7/A was not decided in time.\n');
  });

  test('does not ask again when the time was up before the answer was clear', async () => {
    await serve(choosing, {});
    let asked = 0;
    const unclear = (_question: string, signal?: AbortSignal): Promise<string> => {
      asked += 1;
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve('D')));
    };
    const late = await runForTest(['run', 'test1', '--timeout', '0.3'], { url: api.url, answers: unclear });
    expect([late.exitCode, asked]).toEqual([124, 1]);
    expect(late.stderr).toMatch(/found D\n.*\n7\/A was not decided in time\.\n/s);
  });
});

test('where nobody can be asked the command is told once: on stdout, with --json on stderr', async () => {
  await serve(choosing, {});
  const line = '[0.2s] A awaits a choice among B, C: npx baton next 7/A C\n';
  const run = await runForTest(['run', 'test1', '--timeout', '0.5'], { url: api.url });
  expect(run.stdout).toBe(`[0.2s] A SUCCEED on worker-1 in 200 ms\n${line}`);
  const asJson = await runForTest(['run', 'test1', '--timeout', '0.5', '--json'], { url: api.url, answers: {} });
  expect(asJson.stderr.startsWith(line)).toBe(true);
  const live = await runForTest(['run', 'test1', '--timeout', '0.5'], { url: api.url, isLive: true });
  expect(live.stdout).toContain('awaits a choice  npx baton next 7/A C');
  await api.close();
  await serve(held, {});
  const gated = await runForTest(['run', 'test1', '--timeout', '0.5'], { url: api.url, isLive: true });
  expect(gated.stdout).toContain('awaits approval by role:release  npx baton approve 7/A -p tag=...');
});

test('what awaits a person in a pipeline that a track runs is told once, beside the picture too', async () => {
  const groups = [
    { kind: 'running', sentence: '1 track runs' },
    { kind: 'approval', sentence: '1 track waits for the approval of role:release' },
  ];
  const running = makeTrack({ vertex: 'S', state: 'RUNNING', childPipelineId: 9 });
  await serve(running, { 'GET /api/v1/pipelines/9/why': { body: { groups } } });
  const line = 'S runs pipeline 9, in which 1 track waits for the approval of role:release: npx baton show 9\n';
  for (const isLive of [false, true]) {
    const { stdout } = await runForTest(['run', 'test1', '--timeout', '0.5'], { url: api.url, isLive });
    expect(stdout.split(line)).toHaveLength(2);
  }
  const asJson = await runForTest(['run', 'test1', '--timeout', '0.5', '--json'], { url: api.url });
  expect(asJson.stderr).toContain(line);
});

describe('what is typed for a choice', () => {
  const offer = composeOffer({ choice: { offered: ['B'], successors: ['A', 'B', 'a, b', 'all'] } });

  test.each([
    ['', ['B']],
    [' 2 ', ['A']],
    ['2, 1', ['A', 'B']],
    ['3 2', ['a, b', 'A']],
    ['A,B', ['A', 'B']],
    ['a, b', ['a, b']],
    ['all', ['all']],
    ['none', []],
  ])('%j goes on with %j', (typed, names) => {
    expect(readChoice(typed, offer)).toEqual({ kind: 'next', names });
  });

  test.each([
    ['5', 'found 5'],
    ['0', 'found 0'],
    ['A, A', 'found A twice'],
    ['1, B', 'found B twice'],
    [',', 'found ,'],
    ['b', 'found b'],
  ])('%j is unclear', (typed, problemText) => {
    expect(readChoice(typed, offer)).toEqual({ kind: 'unclear', problem: expect.stringContaining(problemText) });
  });

  test('Enter alone takes an only successor, and none where several are offered none first', () => {
    expect(readChoice('', composeOffer({ choice: { offered: [], successors: ['A'] } }))).toEqual({
      kind: 'next',
      names: ['A'],
    });
    expect(readChoice('', composeOffer({ choice: { offered: [], successors: ['A', 'B'] } }))).toMatchObject({
      kind: 'unclear',
    });
    expect(readChoice('later', offer)).toEqual({ kind: 'later' });
  });
});
