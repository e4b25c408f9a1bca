import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '@baton/database';
import {
  claimTracks,
  completionOf,
  lockRows,
  makeRunId,
  readPipeline,
  readStates,
  startPipelineOf,
  startProxy,
  startTestFlow,
  storeTestGraph,
} from '@baton/database/testing';
import { createCompletionHandler } from './handle-completions.ts';
import { createTestDeps, findQueued, runToMessages, signedMessage, type TestDeps } from './testing.ts';

let deps: TestDeps;
beforeAll(async () => {
  deps = await createTestDeps();
});
afterAll(() => deps.close());
afterEach(async () => {
  deps.events.length = 0;
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
});

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `V${index}`);

/** The database of the tests, with its transactions counted. */
function countTransactions({ database }: TestDeps): { database: Database; count: () => number } {
  let transactions = 0;
  const createQueryRunner = (): ReturnType<Database['dataSource']['createQueryRunner']> => {
    transactions += 1;
    return database.dataSource.createQueryRunner();
  };
  const dataSource = Object.assign(Object.create(database.dataSource) as Database['dataSource'], { createQueryRunner });
  return { database: { ...database, dataSource }, count: () => transactions };
}

test('a completion is applied and its successors are enqueued before it is acknowledged', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const flow = await startTestFlow(deps.database, { edges: ['A->B', 'A->C'] });
  const [message] = await runToMessages(deps.secret, flow, ['A']);
  if (message === undefined) throw new Error('one claim, one message');
  expect(await handler.handle(message)).toBe('done');
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'PENDING' });
  expect(await findQueued(deps)).toEqual(['B', 'C']);
  expect(await handler.handle(message)).toBe('done');
  expect(deps.events).toEqual(['stale_completions']);
  expect(deps.counters.read()).toMatchObject({ stale_completions: expect.any(Number) });
  expect(await findQueued(deps)).toEqual(['B', 'C']);
});

test('while one transaction runs the others are collected: 100 completions are four transactions', async () => {
  const { database, count } = countTransactions(deps);
  const handler = createCompletionHandler({ ...deps, database, batchSize: 40 });
  const names = numbered(100);
  const flow = await startTestFlow(deps.database, { vertices: Object.fromEntries(names.map((name) => [name, {}])) });
  const messages = await runToMessages(deps.secret, flow, names);
  await Promise.all(messages.map((message) => handler.handle(message)));
  expect(count()).toBe(4); // 1 that was alone, 40, 40, 19
  expect(deps.events).toEqual(['pipeline_ended']);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
});

test('one that cannot be applied fails alone: the 49 others of its batch are applied', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 50 });
  const graph = await storeTestGraph(deps.database, { edges: ['A->B'] });
  const flows = await Promise.all(Array.from({ length: 51 }, () => startPipelineOf(deps.database, graph)));
  const messages = (await Promise.all(flows.map((flow) => runToMessages(deps.secret, flow, ['A'])))).flat();
  const poisoned = flows[25];
  if (poisoned === undefined) throw new Error('there are 51');
  // A counter that cannot go down further makes every transition of the pipeline fail.
  await deps.database.dataSource.query(
    'UPDATE track SET predecessors_left = 0 WHERE pipeline_id = ? AND vertex_id = 2',
    [poisoned.pipelineId],
  );
  const results = await Promise.allSettled(messages.map((message) => handler.handle(message)));
  expect(results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([25]);
  expect(await readStates(poisoned)).toEqual({ A: 'RUNNING', B: 'WAITING' });
  for (const flow of flows.filter((one) => one !== poisoned)) {
    expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
  }
  expect(await findQueued(deps)).toHaveLength(50);
});

test('a forged completion is refused and changes nothing', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const flow = await startTestFlow(deps.database, { edges: ['A->B'] });
  const [message] = await runToMessages(deps.secret, flow, ['A']);
  if (message === undefined) throw new Error('one claim, one message');
  const [signed] = message.completions;
  if (signed === undefined) throw new Error('one message, one completion');
  const { completion } = signed;
  for (const forged of [
    { ...signed, completion: { ...completion, exitCode: 3 } },
    { ...signed, signature: '' },
    ...signedMessage(Buffer.alloc(32), completion).completions,
    { ...signed, completion: { ...completion, runId: makeRunId() } },
  ]) {
    await expect(handler.handle({ completions: [forged], offered: null })).rejects.toThrow(
      /is not signed by its claim/,
    );
  }
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'WAITING' });
});

test('several in one entry are applied in one transaction', async () => {
  const { database, count } = countTransactions(deps);
  const handler = createCompletionHandler({ ...deps, database, batchSize: 40 });
  const names = numbered(30);
  const flow = await startTestFlow(deps.database, { vertices: Object.fromEntries(names.map((name) => [name, {}])) });
  const messages = await runToMessages(deps.secret, flow, names);
  expect(await handler.handle({ completions: messages.flatMap(({ completions }) => completions), offered: null })).toBe(
    'done',
  );
  expect(count()).toBe(1);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
});

test('forged ones in an entry make it fail, and all others are applied', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 40 });
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {}, C: {}, D: {} } });
  const messages = await runToMessages(deps.secret, flow, ['A', 'B', 'C', 'D']);
  const completions = messages.flatMap((message, index) =>
    message.completions.map((one) => (index % 2 === 0 ? one : { ...one, signature: 'forged' })),
  );
  const failing = expect(handler.handle({ completions, offered: null })).rejects;
  await failing.toThrow(
    new RegExp(`track ${flow.trackId('B')} .* is not signed.*; .*track ${flow.trackId('D')} .* is not signed`),
  );
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'RUNNING', C: 'SUCCEED', D: 'RUNNING' });
});

test('completions of pipelines that are gone are acknowledged and counted', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const completion = completionOf({ trackId: 2 ** 50 + 1, attempt: 1, runId: makeRunId() });
  expect(await handler.handle(signedMessage(deps.secret, completion))).toBe('done');
  expect(deps.events).toEqual(['unknown_completions']);
  expect(deps.counters.read()).toMatchObject({ unknown_completions: 1 });
});

test('while MySQL is away completions are held, and applied when it is back', async () => {
  const proxy = await startProxy(deps.database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 2 });
  const away = new Promise<void>((resolve) => {
    const note = (line: { event?: string }): void => {
      if (line.event === 'database_away') resolve();
    };
    deps.logger.warn = note;
  });
  const handler = createCompletionHandler({ ...deps, database: distant, batchSize: 10 });
  const flow = await startTestFlow(deps.database, { edges: ['A->B', 'C->B'] });
  const messages = await runToMessages(deps.secret, flow, ['A', 'C']);
  await proxy.refuse();
  const handled = Promise.all(messages.map((message) => handler.handle(message)));
  await away;
  expect(await readStates(flow)).toMatchObject({ A: 'RUNNING', C: 'RUNNING' });
  await proxy.accept();
  expect(await handled).toEqual(['done', 'done']);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'SUCCEED' });
  await distant.close();
  await proxy.close();
});

test('a stop while MySQL is away gives everything that is held back at once', async () => {
  const proxy = await startProxy(deps.database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 2 });
  const handler = createCompletionHandler({ ...deps, database: distant, batchSize: 10 });
  const flow = await startTestFlow(deps.database, {
    vertices: Object.fromEntries(numbered(10).map((name) => [name, {}])),
  });
  const messages = await runToMessages(deps.secret, flow, numbered(10));
  await proxy.refuse();
  const handled = Promise.allSettled(messages.map((message) => handler.handle(message)));
  handler.stop();
  expect((await handled).map(({ status }) => status)).toEqual(messages.map(() => 'rejected'));
  await distant.close();
});

test('a queue that is away does not keep a transition from being applied', async () => {
  const failing = { ...deps.trackQueue, enqueueTracks: () => Promise.reject(new Error('Redis is away')) };
  const handler = createCompletionHandler({ ...deps, trackQueue: failing, batchSize: 10 });
  const flow = await startTestFlow(deps.database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  expect(await handler.handle(signedMessage(deps.secret, completionOf(run)))).toBe('done');
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
});

test('a pipeline that is kept locked waits apart: the completions of all others are applied meanwhile', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const graph = await storeTestGraph(deps.database, { edges: ['A->B'] });
  const flows = await Promise.all([1, 2, 3].map(() => startPipelineOf(deps.database, graph)));
  const messages = (await Promise.all(flows.map((flow) => runToMessages(deps.secret, flow, ['A'])))).flat();
  const [blocked, ...others] = flows;
  if (blocked === undefined) throw new Error('there are three');
  const lock = await lockRows(deps.database, 'pipeline', blocked.pipelineId);
  const [first, ...rest] = messages.map((message) => handler.handle(message));
  expect(await Promise.all(rest)).toEqual(['done', 'done']);
  expect(await readStates(blocked)).toMatchObject({ A: 'RUNNING' });
  await lock.release();
  expect(await first).toBe('done');
  for (const flow of [blocked, ...others]) expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
});

test.each([
  ['lets very many start', { edges: numbered(2001).map((name) => `A->${name}`) }, 0, 2001],
  ['cancels very many', { edges: ['A->B', ...numbered(2001).map((name) => `B->${name}`)] }, 1, 0],
])('an end that %s is applied apart: no other waits for it', async (_, graph, exitCode, left) => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const large = await startTestFlow(deps.database, { ...graph, onFailure: 'stop' });
  const small = await startTestFlow(deps.database, { edges: ['A->B'] });
  const locked = await lockRows(deps.database, 'track', large.trackId('V0'));
  const [run] = await claimTracks(large, ['A']);
  if (run === undefined) throw new Error('one claim, one run');
  const slow = handler.handle(signedMessage(deps.secret, completionOf(run, { exitCode })));
  for (const message of await runToMessages(deps.secret, small, ['A'])) await handler.handle(message);
  const events = [...deps.events];
  await locked.release();
  expect(await slow).toBe('done');
  expect(events).toEqual(['large_decision']);
  expect(await readPipeline(large)).toMatchObject({ openTracks: left });
});

test('what has arrived meanwhile for a pipeline that is applied apart goes with it', async () => {
  const handler = createCompletionHandler({ ...deps, batchSize: 10 });
  const large = await startTestFlow(deps.database, {
    edges: ['other->end', ...numbered(2001).map((name) => `A->${name}`)],
  });
  const small = await startTestFlow(deps.database, { edges: ['A->B'] });
  const locked = await lockRows(deps.database, 'track', large.trackId('V0'));
  const messages = [
    ...(await runToMessages(deps.secret, large, ['A', 'other'])),
    ...(await runToMessages(deps.secret, small, ['A'])),
  ];
  const [first, second, quick] = messages.map((message) => handler.handle(message));
  await quick;
  const events = [...deps.events];
  await locked.release();
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
  expect(events).toEqual(['large_decision']);
});
