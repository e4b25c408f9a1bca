import { afterEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import type { Stack, StackOptions } from '@baton/devstack';
import type { CliSurroundings } from './run-cli.ts';
import { findComplaints, type ShownGraph } from './run-show.ts';
import { page, problem, startFakeApi, type FakeApi, type FakeAnswer, type SeenRequest } from './testing/fake-api.ts';
import { GRAPH, makeDetails, makeEnded, makePipeline } from './testing/rows.ts';
import { runForTest } from './testing/run-for-test.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const NAMES = ['test1', 'test2', 'test3', 'test4', 'release', 'failing'];

let api: FakeApi;
afterEach(async () => {
  await api.close();
});

/** A stack of which only the address is true. */
function fakeStack(): { start: CliSurroundings['startStack']; given: StackOptions[]; stops: number[] } {
  const given: StackOptions[] = [];
  const stops: number[] = [];
  const servers = {
    mysqlUrl: '',
    redisUrl: '',
    descriptions: { mysql: 'a MySQL', redis: 'a Redis' },
    stop: async () => undefined,
  };
  const start = async (options: StackOptions): Promise<Stack> => {
    given.push(options);
    options.report('something takes long');
    const stop = async (): Promise<void> => void stops.push(1);
    const addProcess = () => Promise.reject(new Error('not in this test'));
    return { url: api.url, token: 'the-token', workerToken: 'w', servers, processes: [], addProcess, stop };
  };
  return { start, given, stops };
}

/** Answers as a server on which every graph runs in this order, but for test2, which is refused. */
function answersInOrder(order: string[], state: 'FINISH' | 'FAILED' = 'FINISH') {
  const tracks = order.map((vertex, index) => makeEnded({ id: index + 1, vertex }, index * 10, index * 10 + 9));
  if (state === 'FAILED')
    tracks[0] = { ...(tracks[0] ?? makeEnded({}, 0, 9)), state: 'FAILED', exitCode: 1, script: 'false\n' };
  const cycle = { code: 'cycle', message: 'expected no cycle, found A -> C -> B -> A' };
  const put = (name: string): FakeAnswer => ({
    body: { ...GRAPH, vertices: [], name, change: 'created', problems: name === 'test2' ? [cycle] : [] },
  });
  const start = ({ body }: SeenRequest): FakeAnswer =>
    body.includes('test2')
      ? problem(409, 'graph_check_failed', 'the cycle', [cycle])
      : { status: 202, body: makePipeline() };
  return {
    ...Object.fromEntries(NAMES.map((name) => [`PUT /api/v1/graphs/${name}`, put(name)])),
    ...Object.fromEntries(NAMES.map((name) => [`GET /api/v1/graphs/${name}`, { body: { ...GRAPH, vertices: [] } }])),
    'POST /api/v1/pipelines': start,
    'GET /api/v1/pipelines/7': { body: makePipeline({ state, finishedAt: '2026-11-23T07:00:00.100Z' }) },
    'GET /api/v1/pipelines/7/tracks': page(tracks),
    'GET /api/v1/tracks/1': { body: makeDetails(tracks[0] ?? makeEnded({}, 0, 9), 'line 1: false') },
    ...Object.fromEntries(
      tracks.map(({ id }) => [`GET /api/v1/tracks/${id}/output`, { type: 'text/plain', body: `output ${id}\n` }]),
    ),
  };
}

describe('start --exit', () => {
  test('runs the examples, shows what flows where, stops the stack, and ends with 0', async () => {
    api = await startFakeApi(answersInOrder(['A', 'C', 'B', 'D']));
    const stack = fakeStack();
    const run = await runForTest(['start', '--exit'], { workingDirectory: REPOSITORY, startStack: stack.start });
    expect(run.exitCode).toBe(0);
    expect(stack.given).toMatchObject([{ directory: path.join(REPOSITORY, '.baton'), workers: 2 }]);
    expect(stack.stops).toHaveLength(1);
    expect(run.stdout).toMatch(/test1\/A +SUCCEED +worker-1 +9 ms +output 1/);
    expect(run.stdout).toContain('check refused  cycle: expected no cycle, found A -> C -> B -> A');
    expect(run.stdout).toContain('start refused  the cycle');
    expect(run.stdout).toMatch(/\ntest1 +7 +FINISH +A, C, B, D +worker-1 +100 ms\n/);
    expect(run.stdout).toContain('All as it must be');
    expect(run.stderr).toMatch(/\[ +\d+\.\ds\] something takes long/);
  });

  test('ends with 1 where B ran before C', async () => {
    api = await startFakeApi(answersInOrder(['A', 'B', 'C', 'D']));
    const run = await runForTest(['start', '--exit'], { workingDirectory: REPOSITORY, startStack: fakeStack().start });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('test1: expected the order A, C, B, D, found A, B, C, D');
  });

  test('of a file ends with its result and shows the failing line', async () => {
    api = await startFakeApi(answersInOrder(['verify'], 'FAILED'));
    const stack = fakeStack();
    const options = { workingDirectory: REPOSITORY, startStack: stack.start };
    const run = await runForTest(['start', '--exit', 'examples/failing.yaml'], options);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('✖ verify FAILED at line 1 of its script');
    expect(stack.stops).toHaveLength(1);
    expect(await runForTest(['start', '--exit', '--graph', 'examples/test2.yaml'], options)).toMatchObject({
      exitCode: 2,
    });
  });

  test('stops the stack also where something went wrong', async () => {
    api = await startFakeApi({});
    const stack = fakeStack();
    const run = await runForTest(['start', '--exit'], { workingDirectory: REPOSITORY, startStack: stack.start });
    expect(run.exitCode).toBe(2);
    expect(stack.stops).toHaveLength(1);
  });
});

describe('what stays up', () => {
  test.each([[['up', '--workers', '3', '--label', 'gpu,linux', '--port', '8080']], [['start', 'examples/test1.yaml']]])(
    '%j tells the address and the token, and stops when it is told to',
    async (words) => {
      api = await startFakeApi(answersInOrder(['A', 'C', 'B', 'D']));
      const stack = fakeStack();
      const interrupt = new AbortController();
      let isOver = false;
      let running = Promise.resolve({ exitCode: -1, stdout: '', stderr: '' });
      await new Promise<void>((resolve) => {
        const onWrite = (stdout: string): void => (stdout.includes('Ctrl-C stops') ? resolve() : undefined);
        const options = { workingDirectory: REPOSITORY, startStack: stack.start, signal: interrupt.signal, onWrite };
        running = runForTest(words, options).finally(() => (isOver = true));
      });
      await new Promise(setImmediate);
      expect([isOver, stack.stops]).toEqual([false, []]);
      interrupt.abort(new Error('ended by SIGINT'));
      const run = await running;
      expect(run.exitCode).toBe(0);
      expect(run.stdout).toContain(`${api.url}/queues`);
      expect(run.stdout).toContain('the-token');
      expect(stack.stops).toHaveLength(1);
      if (words[0] === 'up') {
        expect(stack.given).toMatchObject([{ workers: 3, orchestrators: 1, port: 8080, workerLabels: ['gpu,linux'] }]);
      }
    },
  );
});

test('the verdict names everything that is not as it must be', () => {
  const shown: ShownGraph = {
    graph: 'test1',
    vertices: 4,
    problems: [],
    pipelineId: 1,
    state: 'FINISH',
    order: ['A', 'C', 'B', 'D'],
    workers: [],
    durationMs: 1,
  };
  const refused: ShownGraph = { ...shown, graph: 'test2', state: 'REFUSED', order: [], problems: ['cycle: A -> A'] };
  expect(findComplaints([shown, refused])).toEqual([]);
  expect(
    findComplaints([
      { ...shown, order: ['A', 'B', 'C', 'D'], state: 'FAILED' },
      { ...refused, state: 'FINISH', problems: [] },
      { ...shown, graph: 'test3', state: 'CANCELLED', order: [] },
    ]),
  ).toEqual([
    'test1: expected FINISH, found FAILED',
    'test1: expected the order A, C, B, D, found A, B, C, D',
    'test2: expected a refusal because of its cycle, found FINISH',
    'test2: expected its cycle named',
    'test3: expected FINISH, found CANCELLED',
  ]);
});
