import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { findPipelineEvents, insertEvents, type EventToWrite } from './pipeline-events.ts';
import { useTestDatabase } from './testing-database.ts';
import { insertFlowRows } from './testing.ts';

const database = useTestDatabase();
let pipelineId: number;
beforeAll(async () => {
  ({ pipelineId } = await insertFlowRows(database, { vertices: [{ name: 'A' }] }));
});

function makeEvent(changes: Partial<EventToWrite>): EventToWrite {
  return { pipelineId, kind: 'flow', actor: null, reason: null, actionId: null, body: {}, ...changes };
}

async function addPipeline(): Promise<number> {
  return (await insertFlowRows(database, { vertices: [{ name: 'A' }] })).pipelineId;
}

test('events are read page by page in the order of writing, and values only where they are asked for', async () => {
  await insertEvents(database.dataSource, [
    makeEvent({
      kind: 'start',
      body: { pipeline: { params: { key: 'secret' } }, tracks: [{ vertexId: 1, input: { key: 'secret' } }] },
    }),
    makeEvent({ kind: 'pause', actor: 'ada', reason: 'r'.repeat(3000), actionId: 'a1' }),
    makeEvent({ body: { tracks: [{ vertexId: 1, detail: 'half a pair: \ud800' }] } }),
  ]);
  const first = await findPipelineEvents(database, pipelineId, { after: 0, limit: 2 });
  expect(first.map(({ kind, actor, reason }) => [kind, actor, reason?.length ?? null])).toEqual([
    ['start', null, null],
    ['pause', 'ada', 2000],
  ]);
  expect(first[0]?.body).toEqual({
    pipeline: { params: { key: null } },
    tracks: [{ vertexId: 1, input: { key: null } }],
  });
  expect(first[0]?.at).toBeInstanceOf(Date);
  const rest = await findPipelineEvents(database, pipelineId, { after: first[1]?.id ?? 0, limit: 2 });
  expect(rest.map(({ body }) => body)).toEqual([{ tracks: [{ vertexId: 1, detail: 'half a pair: \ufffd' }] }]);
  const [whole] = await findPipelineEvents(database, pipelineId, { after: 0, limit: 1, withValues: true });
  expect(JSON.stringify(whole?.body).match(/secret/g)).toHaveLength(2);
});

test('a long body becomes several rows, the last of which has the action', async () => {
  const id = await addPipeline();
  const tracks = Array.from({ length: 5 }, (_, index) => ({ vertexId: index + 1, detail: 'x'.repeat(600_000) }));
  const body = { tracks, cancelUnstarted: 'pipeline_failed' as const };
  await insertEvents(database.dataSource, [makeEvent({ pipelineId: id, kind: 'cancel', actionId: 'long', body })]);
  const rows = (await database.dataSource.query(
    'SELECT action_id AS actionId, LENGTH(body) AS length FROM pipeline_event WHERE pipeline_id = ? ORDER BY id',
    [id],
  )) as { actionId: string | null; length: number }[];
  expect(rows.map(({ actionId }) => actionId)).toEqual([...rows.slice(1).map(() => null), 'long']);
  expect(Math.max(...rows.map(({ length }) => length))).toBeLessThan(1024 * 1024);
  const events = await findPipelineEvents(database, id, { after: 0, limit: 10 });
  expect(events.flatMap((event) => event.body.tracks ?? []).map(({ vertexId }) => vertexId)).toEqual([1, 2, 3, 4, 5]);
  expect(events.map((event) => event.body.cancelUnstarted ?? null).at(-1)).toBe('pipeline_failed');
});

test('one action has one event in its pipeline', async () => {
  const [one, other] = [await addPipeline(), await addPipeline()];
  const write = (id: number): Promise<void> =>
    insertEvents(database.dataSource, [makeEvent({ pipelineId: id, actionId: 'twice' })]);
  await write(one);
  await write(other);
  await expect(write(one)).rejects.toMatchObject({ driverError: { errno: 1062 } });
});

test('no statement changes or removes an event', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(path.join(import.meta.dirname, file), 'utf8'));
  const found = (verbs: string): string[] =>
    sources.flatMap((text) => text.match(new RegExp(`\\b(${verbs})\\s+\`?pipeline_event\\b`, 'gi')) ?? []);
  expect(
    found('UPDATE|DELETE FROM|REPLACE INTO|REPLACE|INSERT IGNORE INTO|TRUNCATE|TRUNCATE TABLE|DROP TABLE'),
  ).toEqual([]);
  expect(found('INSERT INTO')).toHaveLength(1);
});
