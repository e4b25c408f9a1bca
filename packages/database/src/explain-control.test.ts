import { beforeAll, expect, test } from '@jest/globals';
import type { AskedEvent } from './person-actions.ts';
import { applyPersonAction } from './apply-person-action.ts';
import { findExpired } from './find-expired.ts';
import { loadFlowGraph } from './load-flow-graph.ts';
import { loadFacts, loadTracks, lockPipelines } from './load-transition-context.ts';
import { findPipelineEvents, insertEvents } from './pipeline-events.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { insertFlowRows, insertGraphRows, insertPipelineRows, type StoredRows } from './testing-rows.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * As explain.test.ts: what persons' actions, expiries and histories send, over a history that is much longer than what is
 * alive. 3,000 ended and 3,000 other tracks of which 50 are PENDING, 400 ended pipelines, 20,000 events.
 */

const TRACKS = 3000;
const PENDING = 50;
const vertices = Array.from({ length: TRACKS }, (_, index) => ({ name: `V${index}` }));

const database = useTestDatabase();
let live: StoredRows;

beforeAll(async () => {
  const ended = await insertFlowRows(database, {
    vertices,
    pipelineState: 'FINISH',
    states: vertices.map(() => 'SUCCEED'),
  });
  const small = await insertGraphRows(database, { vertices: [{ name: 'A' }] });
  for (let made = 0; made < 400; made += 1) {
    const state = made % 4 === 0 ? 'FAILED' : 'FINISH';
    await insertPipelineRows(database, small, { vertices: [{ name: 'A' }], states: ['SUCCEED'], pipelineState: state });
  }
  live = await insertPipelineRows(database, ended, {
    vertices,
    states: vertices.map((_, index) => (index < PENDING ? 'PENDING' : index < 1000 ? 'WAITING' : 'SUCCEED')),
  });
  const sql = `UPDATE track SET expires_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND WHERE id IN (?)`;
  await execute(database.dataSource, sql, [-1, live.trackIds.slice(0, 5)]);
  await execute(database.dataSource, sql, [60, live.trackIds.slice(5, 20)]);
  await execute(
    database.dataSource,
    `UPDATE pipeline SET deadline_at = IF(id = ?, UTC_TIMESTAMP(6) + INTERVAL 1 HOUR, created_at)`,
    [live.pipelineId],
  );
  await insertHistory(ended.pipelineId);
  await loadFlowGraph(database.dataSource, database, live.versionId);
  for (const table of ['pipeline', 'track', 'track_output', 'pipeline_event']) {
    await execute(database.dataSource, `ALTER TABLE ${table} STATS_SAMPLE_PAGES = 10000 STATS_AUTO_RECALC = 0`);
    await selectRows(database.dataSource, `ANALYZE TABLE ${table}`);
  }
});

async function insertHistory(endedId: number): Promise<void> {
  const common = { actor: 'ada', reason: null, body: {} };
  const events = Array.from({ length: 10_000 }, (_, index) => [
    { ...common, pipelineId: endedId, kind: 'pause' as const, actionId: `a${index}` },
    { ...common, pipelineId: live.pipelineId, kind: 'flow' as const, actionId: index % 10 === 0 ? `b${index}` : null },
  ]);
  await insertEvents(database.dataSource, events.flat());
  await execute(
    database.dataSource,
    `INSERT INTO track_output (track_id, attempt, name, value) SELECT id, 1, 'key', 'value' FROM track WHERE state = 'SUCCEED'`,
  );
}

const act = (event: AskedEvent): Promise<unknown> =>
  applyPersonAction(
    database,
    { pipelineId: live.pipelineId, event },
    { actor: 'ada', reason: null, actionId: `${event.kind}-1` },
  );

interface Expected {
  keys: Record<string, string>;
  /** Rows of any one table at most. */
  rows: number;
  run: () => Promise<unknown>;
}

const HOT: Record<string, Expected> = {
  'what has lasted too long': {
    keys: { track: 'ix_track_expires', pipeline: 'ix_pipeline_deadline' },
    rows: 2 * PENDING,
    run: () => findExpired(database, 100),
  },
  'a page of a history': {
    keys: { pipeline_event: 'ix_pipeline_event_pipeline' },
    // Estimated: what is left of the history behind the page's beginning; read is one page.
    rows: 11_000,
    run: () => findPipelineEvents(database, live.pipelineId, { after: 3000, limit: 50 }),
  },
  "a person's action on one track": {
    keys: { p: 'PRIMARY', pipeline: 'PRIMARY', track: 'PRIMARY' },
    rows: 2,
    run: () => act({ kind: 'skip', vertexId: PENDING }),
  },
  'a pause': {
    keys: { p: 'PRIMARY', pipeline: 'PRIMARY', track: 'ix_track_pipeline_state' },
    rows: 2 * PENDING,
    run: () => act({ kind: 'pause' }),
  },
  'an action that is sent again': {
    keys: { p: 'PRIMARY', pipeline_event: 'uq_pipeline_event_action' },
    rows: 2,
    run: () => act({ kind: 'pause' }),
  },
  'a resume': {
    keys: { p: 'PRIMARY', pipeline: 'PRIMARY', track: 'ix_track_pipeline_state' },
    rows: 2 * PENDING,
    run: () => act({ kind: 'resume' }),
  },
  'what conditions look at': {
    keys: { p: 'PRIMARY', track: 'PRIMARY', t: 'PRIMARY', o: 'PRIMARY' },
    rows: 8,
    run: () =>
      withTransaction(database, async (runner) => {
        const locked = (await lockPipelines(runner, database, [live.pipelineId])).get(live.pipelineId);
        if (locked === undefined) throw new Error('the pipeline is there');
        const vertexIds = [2001, 2002, 2003, 2004];
        await loadTracks(runner, [{ locked, vertexIds }]);
        await loadFacts(runner, locked, vertexIds);
        expect(locked.facts.get(2001)).toEqual({ input: {}, outputs: { key: 'value' } });
      }),
  },
};

test.each(Object.entries(HOT))('%s reads no more than it must', async (_name, { keys, rows, run }) => {
  const touched = (await explainStatements(database, run)).flatMap(({ steps }) => steps);
  for (const [table, key] of Object.entries(keys)) {
    const steps = touched.filter((step) => step.table === table);
    expect(steps.map((step) => step.key)).toEqual(steps.map(() => key));
    expect(steps).not.toEqual([]);
  }
  expect(touched.filter((step) => step.rows > rows)).toEqual([]);
});
