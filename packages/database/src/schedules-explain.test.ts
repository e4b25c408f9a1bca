import { beforeAll, expect, test } from '@jest/globals';
import { findDueSchedules, fireSchedule, startQueuedFire } from './fire-schedules.ts';
import { findMovableQueues } from './schedule-fires.ts';
import { execute, inChunks, placeRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements, type Plan } from './testing-explain.ts';
import { makeTestSchedule } from './testing-schedules.ts';
import { startTestFlow } from './testing.ts';

/*
 * What orchestrators ask every second, over schedules with a long history: 3,000 due times and pipelines that have ended, of
 * one schedule, beside 300 schedules that are not due.
 */

const HISTORY = 3000;
const HOUR_MS = 3_600_000;
const now = new Date('2026-05-01T10:00:00Z');

const database = useTestDatabase();
let queueing: number;

beforeAll(async () => {
  const from = new Date(now.getTime() - HISTORY * HOUR_MS);
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  queueing = (await makeTestSchedule(database, from, { overlap: 'queue', catchUpLimit: 1000 })).scheduleId;
  const due = Array.from({ length: HISTORY }, (_, index) => new Date(from.getTime() + index * HOUR_MS));
  const { versionId, graphId } = flow.graph;
  for (const chunk of inChunks(due, 500)) {
    const { places, values } = placeRows(
      chunk.map((dueAt) => [versionId, graphId, queueing, dueAt, dueAt, dueAt]),
      [`'p'`, `'auto'`, `'stop'`, `'FINISH'`, `'{}'`, '1', '0', `'x'`],
    );
    await execute(
      database.dataSource,
      `INSERT INTO pipeline (version_id, graph_id, schedule_id, scheduled_for, created_at, finished_at, name, mode, on_failure,
         state, params, total_tracks, open_tracks, created_by) VALUES ${places}`,
      values,
    );
  }
  await execute(
    database.dataSource,
    `INSERT INTO schedule_fire (schedule_id, due_at, state, pipeline_id, decided_at)
     SELECT schedule_id, scheduled_for, 'started', id, scheduled_for FROM pipeline WHERE schedule_id = ?`,
    [queueing],
  );
  await execute(database.dataSource, 'UPDATE schedule SET next_due_at = ? WHERE id = ?', [now, queueing]);
  for (let made = 0; made < 300; made += 1) {
    await execute(
      database.dataSource,
      `INSERT INTO schedule (name, cron, time_zone, graph, request, overlap_policy, catch_up_limit, next_due_at, created_by,
         created_at, updated_at)
       SELECT CONCAT('other ', ?), cron, time_zone, graph, request, overlap_policy, catch_up_limit, ?, created_by, created_at,
         updated_at FROM schedule WHERE id = ?`,
      [made, new Date(now.getTime() + 30 * 24 * HOUR_MS), queueing],
    );
  }
  await database.dataSource.query('ANALYZE TABLE pipeline, schedule, schedule_fire');
}, 120_000);

function mostRows(plans: readonly Plan[]): number {
  return Math.max(...plans.flatMap(({ steps }) => steps.map(({ rows }) => rows)));
}

test('a round in which nothing is due reads an entry of two indexes', async () => {
  const early = new Date(now.getTime() - HOUR_MS);
  const plans = await explainStatements(database, async () => {
    expect(await findDueSchedules(database, early, 1000)).toEqual([]);
    expect(await findMovableQueues(database, 1000)).toEqual([]);
  });
  expect(mostRows(plans)).toBeLessThanOrEqual(2);
});

test('a due time, and one that waited, read the living alone, however long the history is', async () => {
  const plans = await explainStatements(database, async () => {
    expect(await fireSchedule(database, queueing, { now })).toMatchObject({ fires: [{ state: 'started' }] });
    const later = new Date(now.getTime() + HOUR_MS);
    expect(await fireSchedule(database, queueing, { now: later })).toMatchObject({ fires: [{ state: 'queued' }] });
    expect(await findMovableQueues(database, 1000)).toEqual([]);
    expect(await startQueuedFire(database, { scheduleId: queueing, lane: 'due' }, { now: later })).toEqual({
      kind: 'nothing',
    });
  });
  expect(plans.length).toBeGreaterThan(8);
  expect(plans.filter(({ steps }) => steps.some(({ rows }) => rows > 20))).toEqual([]);
});
