import { beforeAll, expect, test } from '@jest/globals';
import { openDatabase } from './data-source.ts';
import { findPipeline } from './find-pipelines.ts';
import { loadFlowGraph, type StoredGraph } from './load-flow-graph.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { startPipelinesTogether, type JoinedStart, type StartedTogether } from './start-together.ts';
import { selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { recordStatements } from './testing-explain.ts';
import { lockRows, startPipelineOf, storeNextVersion, storeTestGraph, type FlowShape } from './testing.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';

const database = useTestDatabase({ poolSize: 12 });

/** In memory, as all graphs are that were started before. */
async function storeKnownGraph(shape: FlowShape): Promise<StoredGraph> {
  const { versionId } = await storeTestGraph(database, shape);
  return loadFlowGraph(database.dataSource, database, versionId);
}

const SHAPE: FlowShape = { edges: ['A->B'], vertices: { A: { input: { n: { type: 'integer' } } } } };
let pair: StoredGraph;
let single: StoredGraph;
beforeAll(async () => {
  pair = await storeKnownGraph(SHAPE);
  single = await storeKnownGraph({ vertices: { C: { gate: {} } } });
});

let made = 0;
function startOf(graph: string | number, changes: Partial<JoinedStart> & { n?: unknown } = {}): JoinedStart {
  const { n, ...others } = changes;
  made += 1;
  const name = `start ${made}`;
  const params = n === undefined ? {} : { n: n as number };
  const request = { tokenId: 'baton', key: name, isRepeatable: false, content: name };
  const { signal } = new AbortController();
  return { order: { graph, name, params }, createdBy: `who made ${name}`, request, signal, ...others };
}

/** One that is given to `n`: its number. */
const pairs = (count: number): JoinedStart[] => Array.from({ length: count }, (_, n) => startOf(pair.graph, { n }));

async function readInputs(pipelineId: number): Promise<(string | null)[]> {
  const sql = 'SELECT input FROM track WHERE pipeline_id = ? ORDER BY id';
  return (await selectRows<{ input: string | null }>(database.dataSource, sql, [pipelineId])).map(({ input }) => input);
}

async function readKey(key: string): Promise<unknown> {
  const sql = 'SELECT response FROM idempotency_key WHERE token_id = ? AND idempotency_key = ?';
  const [row] = await selectRows<{ response: string }>(database.dataSource, sql, ['baton', key]);
  return row === undefined ? null : JSON.parse(row.response);
}

/** Each row is of the start that it is the answer to. */
async function expectOwn(starts: readonly JoinedStart[], answers: readonly (StartedTogether | null)[]): Promise<void> {
  expect(answers.map((answer) => answer?.pipeline.name)).toEqual(starts.map(({ order }) => order.name));
  for (const [index, { order, createdBy, request }] of starts.entries()) {
    const { created, pipeline } = answers[index] as StartedTogether;
    const { pipelineId } = created;
    expect(pipeline).toEqual(await findPipeline(database, pipelineId));
    expect(pipeline).toMatchObject({ id: pipelineId, name: order.name, params: order.params, createdBy });
    const isPair = order.graph === pair.graph;
    expect(await readInputs(pipelineId)).toEqual(isPair ? [JSON.stringify(order.params), null] : [null]);
    expect(created.toDispatch.map((track) => track.pipelineId)).toEqual(isPair ? [pipelineId] : []);
    expect(await readKey(request.key)).toEqual({ pipelineId });
  }
}

async function countRows(): Promise<number[]> {
  const sql = `SELECT (SELECT COUNT(*) FROM pipeline) AS pipelines, (SELECT COUNT(*) FROM track) AS tracks,
    (SELECT COUNT(*) FROM pipeline_event) AS events, (SELECT COUNT(*) FROM idempotency_key) AS requests`;
  const [row] = await selectRows<Record<string, number>>(database.dataSource, sql);
  return Object.values(row ?? {});
}

test('each has its own tracks, events, parameters and key', async () => {
  const starts = [...pairs(3), startOf(single.graph), ...pairs(2), startOf(`${single.graph}@1`)];
  const answers = await startPipelinesTogether(database, starts);
  await expectOwn(starts, answers);
  for (const [index, answer] of answers.entries()) {
    const { pipelineId } = (answer as StartedTogether).created;
    const folded = toComparable(await rebuildFromHistory(database, pipelineId));
    expect(folded).toEqual(toComparable(await readWholePipeline(database, pipelineId)));
    const events = await findPipelineEvents(database, pipelineId, { after: 0, limit: 10 });
    expect(events).toMatchObject([{ kind: 'start', actor: starts[index]?.createdBy }]);
  }
});

test('twenty take the statements of one, and one that asks for the step of ids', async () => {
  const send = (count: number): Promise<unknown[]> =>
    recordStatements(database, () => startPipelinesTogether(database, pairs(count)), /./);
  const [one, twenty] = [await send(1), await send(20)];
  expect(twenty.length).toBe(one.length + 1);
});

test('while eight others insert, each has the id that it is told', async () => {
  let isDone = false;
  const insert = async (): Promise<void> => {
    while (!isDone) await startPipelineOf(database, single);
  };
  const others = Array.from({ length: 8 }, () => insert());
  for (let round = 0; round < 10; round += 1) {
    const batches = [pairs(15), pairs(15)];
    const answers = await Promise.all(batches.map((starts) => startPipelinesTogether(database, starts)));
    for (const [index, starts] of batches.entries()) await expectOwn(starts, answers[index] ?? []);
  }
  isDone = true;
  await Promise.all(others);
}, 60_000);

test('where servers write beside each other, ids go up by more than one', async () => {
  const twin = await openDatabase({ url: database.url, poolSize: 2 }); // one after the other, they take the same connection
  await twin.dataSource.query('SET SESSION auto_increment_increment = 2, auto_increment_offset = 2');
  const starts = pairs(5);
  const answers = await startPipelinesTogether(twin, starts);
  await twin.close();
  await expectOwn(starts, answers);
  const ids = answers.map((answer) => answer?.created.pipelineId ?? 0);
  expect(ids.map((id) => id - (ids[0] ?? 0))).toEqual([0, 2, 4, 6, 8]);
  expect(ids.every((id) => id % 2 === 0)).toBe(true);
});

test('what is refused, unsealed, large, unread or unwanted is left out, and the others are made', async () => {
  const large = await storeKnownGraph({
    vertices: Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`V${index}`, {}])),
  });
  const edited = await storeTestGraph(database, SHAPE);
  await storeNextVersion(database, edited.graph, { vertices: { Other: {} } });
  const unread = await storeTestGraph(database, SHAPE);
  const texts = await storeKnownGraph({ vertices: { A: { input: { n: { type: 'string' } } } } });
  const leftOut = [
    startOf('no-such-graph'),
    startOf('not a / reference @'),
    startOf(`${pair.graph}@2`),
    startOf(pair.graph, { n: 'no number' }),
    startOf(edited.graph),
    startOf(large.graph),
    startOf(unread.graph),
    startOf(texts.graph, { n: 'x'.repeat(200_000) }),
    startOf(pair.graph, { signal: AbortSignal.abort() }),
  ];
  const wanted = pairs(2);
  const [first, second] = wanted as [JoinedStart, JoinedStart];
  const answers = await startPipelinesTogether(database, [first, ...leftOut, second]);
  expect(answers.slice(1, -1)).toEqual(leftOut.map(() => null));
  await expectOwn(wanted, [answers[0] ?? null, answers.at(-1) ?? null]);
  for (const { request } of leftOut) expect(await readKey(request.key)).toBeNull();
  expect(await startPipelinesTogether(database, leftOut)).toEqual(leftOut.map(() => null));
});

test('what is much together is left out from there on', async () => {
  const graph = await storeKnownGraph({ vertices: Object.fromEntries(pairs(300).map((_, id) => [`V${id}`, {}])) });
  const starts = Array.from({ length: 15 }, () => startOf(graph.graph));
  const answers = await startPipelinesTogether(database, [...starts, startOf(single.graph)]);
  expect(answers.map((answer) => answer !== null)).toEqual([...starts.map((_, index) => index < 11), true]);
});

test('while somebody saves a graph, its starts are left out, and nobody waits', async () => {
  const saved = await storeKnownGraph(SHAPE);
  const lock = await lockRows(database, 'graph', saved.graphId);
  const answers = await startPipelinesTogether(database, [startOf(saved.graph), startOf(single.graph)]);
  expect(answers.map((answer) => answer === null)).toEqual([true, false]);
  await lock.release();
  expect(await startPipelinesTogether(database, [startOf(saved.graph)])).not.toContain(null);
});

test('where one is not wanted any more before the commit, nothing is written, and nobody is told anything', async () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  const note = (created: unknown): void => void told.push(created);
  const content = { toJSON: () => controller.abort() }; // asked for with the last of what is written
  const request = { tokenId: 'baton', key: 'gone', isRepeatable: false, content: [content] };
  const gone = startOf(pair.graph, { signal: controller.signal, request, note });
  const before = await countRows();
  const failing = startPipelinesTogether(database, [startOf(pair.graph, { note }), gone]);
  await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
  expect(await countRows()).toEqual(before);
  expect(told).toEqual([]);
});

test('where one row is refused, none is written', async () => {
  const before = await countRows();
  const refused = startOf(pair.graph);
  const order = { ...refused.order, name: 'x'.repeat(191) };
  await expect(startPipelinesTogether(database, [...pairs(2), { ...refused, order }])).rejects.toMatchObject({
    errno: 1406,
  });
  expect(await countRows()).toEqual(before);
});
