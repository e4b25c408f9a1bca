import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openDatabase, setPool } from '@baton/database';
import {
  lockRows,
  makePoolName,
  readPipeline,
  readStates,
  startProxy,
  startTestFlow,
  type FlowShape,
  type FlowStart,
  type TestFlow,
} from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import { signOffer, workerKey, type CompletionMessage, type Offer, type Redis } from '@baton/queue';
import { openTestRedis, type Inbox } from '@baton/queue/testing';
import { createHandOvers } from './hand-over.ts';
import type { HandOverDeps } from './takers.ts';
import { createCompletionHandler, type CompletionHandler } from './handle-completions.ts';
import {
  createTestDeps,
  findQueued,
  hearOfWorker,
  listenTo,
  makeOffer,
  readScores,
  runsOf,
  runToMessages,
  type Heard,
  type TestDeps,
} from './testing.ts';

/** What orchestrators claim for offered places, with real queues and tables; the test is the worker, and hears what it is told. */
let deps: TestDeps;
let subscriber: Redis;
beforeAll(async () => {
  deps = await createTestDeps();
  subscriber = await openTestRedis(testServers().redisUrl, 'subscriber');
  subscriber.setMaxListeners(50);
});
afterAll(async () => {
  subscriber.disconnect();
  await deps.close();
});

let workerId: string;
let inbox: Inbox<Heard>;
let idle: () => Promise<void>;
beforeEach(async () => {
  deps.events.length = 0;
  workerId = `w-${randomBytes(6).toString('hex')}`;
  inbox = await listen(workerId);
  await hearOf(workerId);
});
afterEach(async () => {
  await idle();
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
});

const keyOf = (id: string): string => workerKey(deps.secret, id);

const listen = (id: string): Promise<Inbox<Heard>> => listenTo({ ...deps, redis: subscriber }, id);
const hearOf = (id: string, isDraining = false): Promise<void> => hearOfWorker(deps, id, isDraining);

/** An orchestrator. */
function open(changes: Partial<HandOverDeps> = {}): CompletionHandler {
  const handOvers = createHandOvers({ ...deps, ...changes });
  idle = () => handOvers.whenIdle();
  return createCompletionHandler({ ...deps, ...changes, batchSize: 10, handOvers });
}

const start = (shape: FlowShape & FlowStart): Promise<TestFlow> => startTestFlow(deps.database, shape);

const offerOf = (count: number, changes: Partial<Offer> = {}): Offer => makeOffer({ workerId, ...changes }, count);

/** The end of a track that is RUNNING, and places. */
async function endOf(flow: TestFlow, name: string, offer: Offer, key = keyOf(workerId)): Promise<CompletionMessage> {
  const [message] = await runToMessages(deps.secret, flow, [name]);
  if (message === undefined) throw new Error('one claim, one message');
  return { ...message, offered: signOffer(key, offer) };
}

test('what a completion makes ready is claimed for the places of its worker, and told with all that it needs', async () => {
  const flow = await start({ edges: ['A->B', 'A->C', 'A->D'] });
  const message = await endOf(flow, 'A', offerOf(2));
  expect(await open().handle(message)).toBe('done');
  const [heard] = await inbox.waitFor(1);
  expect(heard).toMatchObject({ answered: [{ number: 1, runs: 2 }] });
  expect(heard?.runs.map(({ id }) => id)).toEqual(message.offered?.offer.ids);
  expect(heard?.runs.map(({ run }) => run)).toMatchObject([
    { vertex: 'B', script: 'echo B', refusal: null, environment: { BATON_VERTEX: 'B', BATON_ATTEMPT: '1' } },
    { vertex: 'C', script: 'echo C' },
  ]);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'RUNNING', C: 'RUNNING', D: 'PENDING' });
  expect(await findQueued(deps)).toEqual(['D']);
});

test('an offer that nothing is there for is answered, so that nobody asks', async () => {
  const flow = await start({ vertices: { A: {} } });
  await open().handle(await endOf(flow, 'A', offerOf(2)));
  expect(await inbox.waitFor(1)).toEqual([{ answered: [{ number: 1, runs: 0 }], runs: [] }]);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH' });
});

test('what waits longer goes first, in the order of its queue', async () => {
  const waiting = await start({ vertices: { V: {}, W: { priority: 5 }, X: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const flow = await start({ edges: ['A->B', 'A->C'] });
  await open().handle(await endOf(flow, 'A', offerOf(2)));
  await idle();
  expect(runsOf(await inbox.waitFor(1))).toEqual(['V', 'W']);
  expect(await findQueued(deps)).toEqual(['B', 'C', 'X']);
  expect(await readStates(waiting)).toEqual({ V: 'RUNNING', W: 'RUNNING', X: 'PENDING' });
});

test.each([
  ['a place that the queue does not fill', { V: {} }, ['B']],
  ['the place of what waits in the queue, which goes back to its own', { V: {}, W: {} }, ['B', 'W']],
])('of what is ready the most urgent has %s', async (_place, vertices, queued) => {
  const waiting = await start({ vertices });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const before = await readScores(deps);
  const flow = await start({ edges: ['A->B', 'A->C'], vertices: { C: { priority: 3 } } });
  await open().handle(await endOf(flow, 'A', offerOf(2)));
  await idle();
  const heard = await inbox.waitFor(2);
  expect(heard.map((one) => runsOf([one]))).toEqual([['C'], ['V']]);
  expect(heard.map(({ answered }) => answered)).toEqual([[], [{ number: 1, runs: 2 }]]);
  expect(new Set(heard.flatMap(({ runs }) => runs.map(({ id }) => id))).size).toBe(2);
  expect(await findQueued(deps)).toEqual(queued);
  expect(await readScores(deps)).toEqual(expect.arrayContaining(before.slice(2)));
});

test('labels fit: what the worker does not serve goes through its queue', async () => {
  const flow = await start({ edges: ['A->B', 'A->C'], vertices: { B: { labels: ['gpu'] } } });
  await open().handle(await endOf(flow, 'A', offerOf(2)));
  expect(runsOf(await inbox.waitFor(1))).toEqual(['C']);
  expect(await deps.trackQueue.queueOf('gpu').count()).toBe(1);
  await deps.trackQueue.queueOf('gpu').obliterate({ force: true });
});

test('tracks with limits are put back to their place, and their queue is left alone for a moment', async () => {
  const pool = makePoolName();
  await setPool(deps.database, pool, 5);
  const waiting = await start({ vertices: { V: { pools: [pool], priority: 9 }, W: {}, X: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const before = await readScores(deps);
  const handler = open();
  const [one, two] = [await start({ vertices: { A: {} } }), await start({ edges: ['A->B'] })];
  await handler.handle(await endOf(one, 'A', offerOf(2)));
  await idle();
  expect(runsOf(await inbox.waitFor(1))).toEqual(['W']);
  expect(inbox.items[0]?.answered).toEqual([{ number: 1, runs: 1 }]);
  expect(await readStates(waiting)).toEqual({ V: 'PENDING', W: 'RUNNING', X: 'PENDING' });
  const after = await readScores(deps);
  expect(after).toEqual(before.filter((_, index) => index < 2 || index > 3));
  // At once again: the queue is not looked at, and B is ready.
  await handler.handle(await endOf(two, 'A', offerOf(1, { number: 2 })));
  expect(runsOf((await inbox.waitFor(2)).slice(1))).toEqual(['B']);
  expect(await readScores(deps)).toEqual(after);
});

test('a paused queue gives nothing, and what is no message stays in it', async () => {
  const waiting = await start({ vertices: { V: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const queue = deps.trackQueue.queueOf('default');
  await queue.pause();
  const [one, two] = [await start({ edges: ['A->B'] }), await start({ vertices: { A: {} } })];
  const handler = open();
  await handler.handle(await endOf(one, 'A', offerOf(2)));
  expect(runsOf(await inbox.waitFor(1))).toEqual(['B']);
  await queue.resume();
  await queue.add('strange', { v: 2 }, { jobId: 'strange', priority: 1 });
  await handler.handle(await endOf(two, 'A', offerOf(2, { number: 2 })));
  await idle();
  expect(runsOf((await inbox.waitFor(2)).slice(1))).toEqual(['V']);
  expect((await queue.getPrioritized()).map(({ id }) => id)).toEqual(['strange']);
});

test('an offer that another than its worker signed is nothing; its completion counts', async () => {
  const flow = await start({ edges: ['A->B'] });
  expect(await open().handle(await endOf(flow, 'A', offerOf(1), keyOf('w-another')))).toBe('done');
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
  expect(inbox.items).toEqual([]);
});

test('a worker that ends, or is gone, gets nothing: its attempts would be lost', async () => {
  const flow = await start({ edges: ['A->B', 'B->C'] });
  await hearOf(workerId, true);
  const handler = open();
  await handler.handle(await endOf(flow, 'A', offerOf(2)));
  const gone = 'w-that-nobody-heard-of';
  await handler.handle(await endOf(flow, 'B', offerOf(2, { workerId: gone }), keyOf(gone)));
  expect(await findQueued(deps)).toEqual(['B', 'C']);
  expect(inbox.items).toEqual([]);
});

test('an entry that is delivered again is not answered, and nothing is claimed for its places', async () => {
  const waiting = await start({ vertices: { V: {} } });
  const flow = await start({ edges: ['A->B'] });
  const message = await endOf(flow, 'A', offerOf(1));
  await open().handle(message);
  const [first] = await inbox.waitFor(1);
  expect(first?.answered).toEqual([{ number: 1, runs: 1 }]);
  // What the first orchestrator claimed and perhaps told nobody of, the second one does not know.
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  await open().handle(message);
  await idle();
  expect(await findQueued(deps)).toEqual(['V']);
  expect(inbox.items).toEqual([first]);
});

test('a commit that nobody heard of: the offer is not answered, and what it claimed is held for the worker', async () => {
  const proxy = await startProxy(deps.database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 2 });
  const flow = await start({ edges: ['A->B'] });
  const message = await endOf(flow, 'A', offerOf(1));
  const handler = open({ database: distant });
  // Its connections say READ COMMITTED when they are opened.
  await Promise.all([1, 2].map(() => distant.dataSource.query('SELECT SLEEP(0.05)')));
  const cutsBefore = proxy.cuts;
  proxy.cutAnswerTo('COMMIT');
  expect(await handler.handle(message)).toBe('done');
  await idle();
  expect(proxy.cuts).toBe(cutsBefore + 1);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'RUNNING' });
  expect(inbox.items.flatMap(({ answered }) => answered)).toEqual([]);
  await distant.close();
  await proxy.close();
});

test('what cannot be committed leaves the queue as it was', async () => {
  const waiting = await start({ vertices: { V: {}, W: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const flow = await start({ edges: ['A->B'] });
  const message = await endOf(flow, 'A', offerOf(1));
  // A counter that cannot go down further makes every transition of the pipeline fail.
  await deps.database.dataSource.query(
    'UPDATE track SET predecessors_left = 0 WHERE pipeline_id = ? AND vertex_id = 2',
    [flow.pipelineId],
  );
  await expect(open().handle(message)).rejects.toThrow();
  const entries = await deps.trackQueue.queueOf('default').getPrioritized();
  expect(entries.map(({ data }) => (data as { vertex: string }).vertex)).toEqual(['V', 'W']);
  expect(inbox.items).toEqual([]);
});

test('what was taken from the queue and cannot be claimed is put back, and the offer not answered', async () => {
  const waiting = await start({ vertices: { V: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const proxy = await startProxy(deps.database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 2 });
  const handOvers = createHandOvers({ ...deps, database: distant });
  idle = () => handOvers.whenIdle();
  const offer = handOvers.open(signOffer(keyOf(workerId), offerOf(1)));
  if (offer === null) throw new Error('it is the worker’s own');
  const round = handOvers.begin([offer]);
  expect(await round.choose([])).toEqual([]);
  expect(await findQueued(deps)).toEqual([]);
  await proxy.refuse();
  await round.claimHeads();
  expect(await findQueued(deps)).toEqual(['V']);
  expect(deps.events).toEqual(['hand_over_failed']);
  expect(inbox.items).toEqual([]);
  await distant.close();
  await proxy.close();
});

test('a track that somebody keeps locked is told of without its script: the worker asks for it', async () => {
  const waiting = await start({ vertices: { V: {} } });
  await deps.trackQueue.enqueueTracks(waiting.toDispatch);
  const flow = await start({ vertices: { A: {} } });
  const message = await endOf(flow, 'A', offerOf(1));
  const lock = await lockRows(deps.database, 'track', waiting.trackId('V'));
  await open().handle(message);
  const [heard] = await inbox.waitFor(1).finally(() => lock.release());
  expect(heard?.runs).toMatchObject([{ trackId: waiting.trackId('V'), run: null }]);
  expect(await readStates(waiting)).toEqual({ V: 'PENDING' });
});

test('the completions of several workers in one transaction: each is told of its own', async () => {
  const other = `${workerId}-two`;
  const heardByOther = await listen(other);
  await hearOf(other);
  const flow = await start({ edges: ['A->B', 'C->D'] });
  const messages = [
    await endOf(flow, 'A', offerOf(1)),
    await endOf(flow, 'C', offerOf(1, { workerId: other }), keyOf(other)),
  ];
  const handler = open();
  await Promise.all(messages.map((message) => handler.handle(message)));
  await Promise.all([inbox.waitFor(1), heardByOther.waitFor(1)]);
  expect([...runsOf(inbox.items), ...runsOf(heardByOther.items)].toSorted()).toEqual(['B', 'D']);
  const starters = await deps.database.dataSource.query<{ worker: string }[]>(
    'SELECT worker_id AS worker FROM track WHERE pipeline_id = ? AND state = ? ORDER BY worker_id',
    [flow.pipelineId, 'RUNNING'],
  );
  expect(starters.map(({ worker }) => worker)).toEqual([workerId, other]);
});
