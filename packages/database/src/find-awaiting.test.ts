import { beforeAll, expect, test } from '@jest/globals';
import { AWAITED, trackIdOf } from '@baton/domain';
import { findActionIds } from './find-actions.ts';
import { findAwaiting } from './find-awaiting.ts';
import { findLastAction } from './find-last-action.ts';
import { insertEvents, type EventToWrite } from './pipeline-events.ts';
import { execute } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { insertFlowRows } from './testing-rows.ts';

/*
 * What persons look at is a handful among a long history: 3,000 tracks of which five await somebody, and 2,000 events of
 * which three are persons' actions.
 */

const TRACKS = 3000;
const AWAITING = 5;
const FLOW_EVENTS = 2000;

const database = useTestDatabase();
let pipelineId: number;
beforeAll(async () => {
  const vertices = Array.from({ length: TRACKS }, (_, index) => ({
    name: `V${index}`,
    policies: index < AWAITING ? { gate: { approvers: ['role:lead'], form: {} } } : {},
  }));
  const states = vertices.map((_, index) => (index < AWAITING ? ('PENDING' as const) : ('SUCCEED' as const)));
  pipelineId = (await insertFlowRows(database, { vertices, states })).pipelineId;
  await execute(
    database.dataSource,
    `UPDATE track SET awaits = IF(vertex_id = 2, 'params', 'approval'), due_at = NULL WHERE state = 'PENDING'`,
  );
  const flow = { pipelineId, kind: 'flow', actor: null, reason: null, actionId: null, body: {} } as const;
  await insertEvents(
    database.dataSource,
    Array.from({ length: FLOW_EVENTS }, () => flow),
  );
  await insertEvents(database.dataSource, [
    actionOf('approve', { vertexId: 1 }),
    actionOf('rerun', { from: { vertexIds: [1, 3], descendants: false } }),
    actionOf('skip', { vertexId: 4 }),
  ]);
  await execute(database.dataSource, 'ANALYZE TABLE track, pipeline_event');
});

function actionOf(kind: 'approve' | 'rerun' | 'skip', action: EventToWrite['body']['action'] & object): EventToWrite {
  const who = { actor: 'olga', reason: `why ${kind}`, actionId: `t:a_%${kind}:digest` };
  return { pipelineId, kind, ...who, body: { action: { kind, ...action } } };
}

test('what awaits persons is read by kind and from page to page, with what its vertex says', async () => {
  const all = await findAwaiting(database, { kinds: AWAITED, afterId: 0, limit: 10 });
  expect(all.map(({ vertexId, awaits }) => `${vertexId} ${awaits}`)).toEqual([
    '1 approval',
    '2 params',
    '3 approval',
    '4 approval',
    '5 approval',
  ]);
  expect(all[0]).toMatchObject({ vertex: 'V0', createdBy: 'test', policies: { gate: { approvers: ['role:lead'] } } });
  const page = { kinds: ['approval'] as const, afterId: trackIdOf(pipelineId, 1), limit: 2 };
  expect((await findAwaiting(database, page)).map(({ vertexId }) => vertexId)).toEqual([3, 4]);
});

test('the last action is found by the track that it named, also among several', async () => {
  const last = (vertexId: number): ReturnType<typeof findLastAction> =>
    findLastAction(database, { pipelineId, vertexId });
  expect(await last(1)).toMatchObject({ kind: 'rerun', actor: 'olga', reason: 'why rerun', at: expect.any(Date) });
  expect(await last(3)).toMatchObject({ kind: 'rerun' });
  expect(await last(4)).toMatchObject({ kind: 'skip' });
  expect(await last(5)).toBeNull();
  expect(await findLastAction(database, { pipelineId: pipelineId + 1, vertexId: 1 })).toBeNull();
});

test('action ids are found by how they begin, letter by letter', async () => {
  expect(await findActionIds(database, pipelineId, 't:a_%skip:')).toEqual(['t:a_%skip:digest']);
  expect(await findActionIds(database, pipelineId, 't:ab%')).toEqual([]);
  expect(await findActionIds(database, pipelineId, 't:_')).toEqual([]);
});

test('none of them reads much more than there is to find', async () => {
  const plans = await explainStatements(database, async () => {
    await findAwaiting(database, { kinds: AWAITED, afterId: 0, limit: 50 });
    await findLastAction(database, { pipelineId, vertexId: 4 });
    await findActionIds(database, pipelineId, 't:a');
  });
  expect(plans).toHaveLength(3);
  const keys = new Set(plans.flatMap(({ steps }) => steps.map(({ table, key }) => `${table} ${key}`)));
  expect(keys).toEqual(
    new Set([
      'track ix_track_awaits',
      't PRIMARY',
      'p PRIMARY',
      'g PRIMARY',
      'v PRIMARY',
      'pipeline_event uq_pipeline_event_action',
    ]),
  );
  for (const { sql, steps } of plans) {
    for (const { rows } of steps) expect({ sql, rows: rows <= 4 * AWAITING }).toEqual({ sql, rows: true });
  }
});
