import { randomUUID } from 'node:crypto';
import { openDatabase, type Database } from '@baton/database';
import { startProxy, type TestProxy } from '@baton/database/testing';
import { TRACK_STATES, type TrackToDispatch } from '@baton/domain';
import { createLogger } from '@baton/service';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createStartJoiner, type StartJoiner } from './join-starts.ts';
import type { PipelineDetails } from './show-pipeline.ts';
import { startPipeline, type StartRequest } from './start-pipeline.ts';
import { createTestApi, type TestApi } from './testing.ts';

const GRAPHS = ['one', 'two', 'three'];

let api: TestApi;
let proxy: TestProxy;
let database: Database;
let starts: StartJoiner;
/** What went to Redis at once, in order. */
let enqueued: TrackToDispatch[][];
let onEnqueue: () => Promise<void>;
let countBefore: number;

beforeAll(async () => {
  api = await createTestApi();
  proxy = await startProxy(api.database.url);
  database = await openDatabase({ url: proxy.url, poolSize: 6 });
  const input = { n: { type: 'integer', default: 0 }, secret: { type: 'string', secret: true, default: '' } };
  const vertices = [
    { name: 'A', script: 'echo {n}', input },
    { name: 'B', script: 'b' },
  ];
  for (const name of GRAPHS) {
    const graph = { name, vertices, edges: [['A', 'B']] };
    await api.call('post', '/api/v1/graphs').send(graph).expect(201);
    // Sealed by the first, and in memory from the second on.
    for (let times = 0; times < 2; times += 1) {
      await api.call('post', '/api/v1/pipelines').send({ graph: name }).expect(202);
    }
  }
});
afterAll(async () => {
  await database.close();
  await proxy.close();
  await api.close();
});
beforeEach(async () => {
  enqueued = [];
  onEnqueue = async () => {};
  countBefore = await countPipelines();
  // Longer than any test: so it is known what comes with what.
  starts = createStartJoiner(sources(), 60_000);
});

async function countPipelines(): Promise<number> {
  const [row] = await api.database.dataSource.query('SELECT COUNT(*) + 0E0 AS count FROM pipeline');
  return row.count;
}

/** An API by way of the proxy. */
function sources(): Parameters<typeof createStartJoiner>[0] {
  const enqueueTracks = async (tracks: readonly TrackToDispatch[]): Promise<void> => {
    if (tracks.length > 0) enqueued.push([...tracks]);
    await onEnqueue();
  };
  return { database, logger: createLogger('api', 'silent'), queue: { ...api.deps.queue, enqueueTracks } };
}

function orderOf(n: number): StartRequest {
  return { graph: GRAPHS[n % GRAPHS.length] ?? '', name: `start ${n}`, params: { n, secret: `s${n}` } };
}

const orders = (count: number): StartRequest[] => Array.from({ length: count }, (_, n) => orderOf(n));

async function send(order: StartRequest, signal = new AbortController().signal): Promise<PipelineDetails> {
  const request = { tokenId: 'baton', key: randomUUID(), content: order, isRepeatable: false, signal };
  return (await startPipeline({ ...sources(), starts }, order, { ...request, createdBy: 'a test' })).pipeline;
}

const sendAll = (all: readonly StartRequest[]): Promise<PipelineDetails[]> =>
  Promise.all(all.map((order) => send(order)));

/** Each answer is of what was asked for, each was started once, and what may run was enqueued once. */
async function expectOwn(answers: readonly PipelineDetails[], asked: readonly StartRequest[]): Promise<void> {
  const none = Object.fromEntries(TRACK_STATES.map((state) => [state, 0]));
  for (const [index, answer] of answers.entries()) {
    const { params, ...order } = asked[index] as StartRequest;
    expect(answer).toMatchObject({ ...order, params: { ...params, secret: '***' }, state: 'RUNNING', openTracks: 2 });
    expect(answer.counts).toEqual({ ...none, PENDING: 1, WAITING: 1 });
    const { body } = await api.call('get', `/api/v1/pipelines/${answer.id}`).expect(200);
    expect(body).toEqual(answer);
  }
  expect(await countPipelines()).toBe(countBefore + asked.length);
  const ids = answers.map(({ id }) => id).toSorted((a, b) => a - b);
  const dispatched = enqueued.flat().map(({ pipelineId }) => pipelineId);
  expect(dispatched.toSorted((a, b) => a - b)).toEqual(ids);
}

test('twenty at once, of several graphs, are written together, and each gets its own answer', async () => {
  const answers = await sendAll(orders(20));
  await expectOwn(answers, orders(20));
  expect(enqueued.map((tracks) => tracks.length)).toEqual([1, 19]);
  // Who came first has the smaller id, and goes first.
  const ids = answers.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(enqueued.flat().map(({ pipelineId }) => pipelineId)).toEqual(ids);
});

test('one that is refused is told why, and takes no other with it', async () => {
  const good = orders(6);
  const bad = [
    { graph: 'no-such-graph' },
    { ...orderOf(1), params: { n: 'no number' } },
    { ...orderOf(2), name: 'x'.repeat(191) }, // by the database itself
  ];
  const refused = bad.map((order) =>
    send(order).then(
      () => 'started',
      (error: unknown) => error,
    ),
  );
  const answers = await sendAll(good);
  const [unknown, invalid, tooLong] = await Promise.all(refused);
  expect(unknown).toMatchObject({ code: 'graph_not_found' });
  expect(invalid).toMatchObject({ code: 'invalid_parameters' });
  expect(tooLong).toMatchObject({ errno: 1406 });
  await expectOwn(answers, good);
});

/** Sends ten; the answer to something that their common transaction sends is lost, and the connection with it. */
async function sendAndLose(text: string): Promise<void> {
  const cutsBefore = proxy.cuts;
  onEnqueue = async () => {
    // The first was written by itself; the others are about to be, together.
    if (enqueued.length === 1) proxy.cutAnswerTo(text);
  };
  const answers = await sendAll(orders(10));
  expect(proxy.cuts).toBe(cutsBefore + 1);
  await expectOwn(answers, orders(10));
  expect(enqueued.map((tracks) => tracks.length)).toEqual(orders(10).map(() => 1));
}

test('a commit that was done unheard started each once, and each is told and enqueued', () => sendAndLose('COMMIT'));

test('a transaction that was lost on its way started none, and each is started by itself', () =>
  sendAndLose('INSERT INTO idempotency_key'));

test('while Redis keeps silent nobody else waits for it, and what it does not take is found later', async () => {
  let isAnswered = false;
  const enqueueing: (() => void)[] = [];
  const second = new Promise<void>((resolve) => {
    onEnqueue = () =>
      new Promise(() => {
        enqueueing.push(resolve);
        if (enqueueing.length === 2) resolve();
      });
  });
  const first = send(orderOf(0)).finally(() => (isAnswered = true));
  const others = sendAll([orderOf(1), orderOf(2)]);
  await second;
  expect({ isAnswered, pipelines: await countPipelines() }).toEqual({ isAnswered: false, pipelines: countBefore + 3 });
  const answers = [await first, ...(await others)];
  await expectOwn(answers, orders(3));
  const rows = await api.database.dataSource.query(
    `SELECT dispatch_seq AS seq, due_at < UTC_TIMESTAMP(6) + INTERVAL 6 SECOND AS isDueSoon FROM track
     WHERE pipeline_id IN (?) AND state = 'PENDING'`,
    [answers.map(({ id }) => id)],
  );
  expect(rows).toEqual(answers.map(() => ({ seq: 1, isDueSoon: 1 })));
});

test('a batch that lasts keeps the next only for a moment', async () => {
  const lonely = await startProxy(api.database.url);
  const distant = await openDatabase({ url: lonely.url, poolSize: 3, silenceMs: 2000 });
  const joiner = createStartJoiner({ ...sources(), database: distant });
  const join = (n: number): ReturnType<StartJoiner['start']> => {
    const request = { tokenId: 'baton', key: randomUUID(), content: n, isRepeatable: false };
    return joiner.start({ order: orderOf(n), createdBy: 'a test', request, signal: new AbortController().signal });
  };
  await join(0);
  lonely.silence(); // the one connection that was needed so far
  let isSettled = false;
  const stuck = join(1).finally(() => (isSettled = true));
  const failed = expect(stuck).rejects.toMatchObject({ code: expect.any(String) });
  const next = await join(2);
  expect({ isSettled, name: next?.pipeline.name }).toEqual({ isSettled: false, name: 'start 2' });
  await failed;
  await distant.close();
  await lonely.close();
});

test('while MySQL is away each is told so, and afterwards they are written together again', async () => {
  await proxy.refuse();
  const results = await Promise.allSettled(orders(3).map((order) => send(order)));
  expect(results.map(({ status }) => status)).toEqual(orders(3).map(() => 'rejected'));
  await proxy.accept();
  const answers = await sendAll(orders(4));
  await expectOwn(answers, orders(4));
  expect(enqueued.map((tracks) => tracks.length)).toEqual([1, 3]);
});

test('whoever has gone while he waited is not started, and takes no batch with him', async () => {
  const gone = new AbortController();
  const first = send(orderOf(0));
  const refused = send(orderOf(9), gone.signal).catch((error: unknown) => error);
  const others = sendAll([orderOf(1), orderOf(2)]);
  gone.abort();
  const answers = [await first, ...(await others)];
  expect(await refused).toMatchObject({ name: 'AbortError' });
  await expectOwn(answers, orders(3));
  expect(enqueued.map((tracks) => tracks.length)).toEqual([1, 2]);
});
