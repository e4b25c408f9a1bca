import { afterEach, expect, test } from '@jest/globals';
import { findBreaches } from './find-breaches.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { insertFlowRows } from './testing-rows.ts';
import { claimTracks, runTracks, startTestFlow, type TestFlow } from './testing.ts';

const database = useTestDatabase();
afterEach(() =>
  run(`UPDATE pipeline SET state = 'CANCELLED', finished_at = UTC_TIMESTAMP(6) WHERE finished_at IS NULL`),
);
afterEach(() => run('DELETE FROM limit_holder'));
afterEach(async () => {
  await run('SET FOREIGN_KEY_CHECKS = 0');
  await run('DELETE FROM track');
});

const run = (sql: string, values: unknown[] = []): Promise<unknown> => database.dataSource.query(sql, values);

async function findCodes(): Promise<string[]> {
  return (await findBreaches(database)).map(({ code, severity }) => `${severity} ${code}`);
}

const startFlow = (): Promise<TestFlow> =>
  startTestFlow(database, { edges: ['A->B', 'A->C', 'B->D', 'C->D'], vertices: { H: {} }, held: ['H'] });

test('a flow in any state of its way breaks nothing', async () => {
  const flow = await startFlow();
  expect(await findCodes()).toEqual([]);
  await runTracks(flow, ['A']);
  await claimTracks(flow, ['B']);
  expect(await findCodes()).toEqual([]);
  await runTracks(flow, ['C']);
  expect(await findCodes()).toEqual([]);
});

/** A change that no program of ours makes. `$` is the id of the track of A. */
const CHANGES: Record<string, string> = {
  'error lease_overdue': `UPDATE track SET state = 'RUNNING', run_id = 'r', worker_id = 'w', started_at = UTC_TIMESTAMP(6),
    due_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE WHERE id = $`,
  'error track_overdue': 'UPDATE track SET due_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE WHERE id = $',
  'error track_not_due': 'UPDATE track SET due_at = NULL WHERE id = $',
  'warning track_not_claimed': 'UPDATE track SET dispatch_seq = 20 WHERE id = $',
  'error counters_wrong': `UPDATE track SET predecessors_left = 2 WHERE id = $ + 1`,
};

test.each(Object.entries(CHANGES))('%s', async (code, sql) => {
  const flow = await startFlow();
  await run(sql.replaceAll('$', String(flow.trackId('A'))));
  const [finding, ...others] = await findBreaches(database);
  expect(others).toEqual([]);
  expect(`${finding?.severity} ${finding?.code}`).toBe(code);
  const named = code.includes('counters') ? flow.pipelineId : flow.trackId('A');
  expect(finding?.found).toContain(String(named));
  expect(finding?.advice).not.toBe('');
});

test('a pipeline that counts one open track too few is named, and one that stands still', async () => {
  const flow = await startFlow();
  await run('UPDATE pipeline SET open_tracks = open_tracks - 1 WHERE id = ?', [flow.pipelineId]);
  expect(await findCodes()).toEqual(['error counters_wrong']);
  await run(
    `UPDATE track SET state = 'WAITING', predecessors_left = 0, pending_at = NULL, due_at = NULL WHERE id = ?`,
    [flow.trackId('A')],
  );
  expect(await findCodes()).toEqual(['error pipeline_stranded', 'error counters_wrong']);
});

test('a unique key that somebody dropped', async () => {
  await run('ALTER TABLE stale_completion DROP KEY uq_stale_completion');
  const [finding] = await findBreaches(database);
  expect(finding).toMatchObject({
    code: 'key_missing',
    found: expect.stringContaining('stale_completion uq_stale_completion'),
  });
  await run('ALTER TABLE stale_completion ADD UNIQUE KEY uq_stale_completion (track_id, attempt, run_id)');
  expect(await findCodes()).toEqual([]);
});

test('very many rows of runs that have ended', async () => {
  await run(`INSERT IGNORE INTO limit_key (name, updated_at) VALUES ('pool:p', UTC_TIMESTAMP(6))`);
  const rows = Array.from({ length: 1000 }, (_, index) => `('pool:p', ${index + 1}, 'r')`);
  await run(`INSERT INTO limit_holder (limit_key, track_id, run_id) VALUES ${rows.join(', ')}`);
  expect(await findCodes()).toEqual(['note limit_rows_left_over']);
});

test('none of it reads the history', async () => {
  const vertices = Array.from({ length: 3000 }, (_, index) => ({ name: `V${index}` }));
  await insertFlowRows(database, { vertices, pipelineState: 'FINISH', states: vertices.map(() => 'SUCCEED') });
  await startFlow();
  await run('ANALYZE TABLE track, pipeline, limit_holder');
  const plans = await explainStatements(database, () => findBreaches(database));
  expect(plans.length).toBeGreaterThan(6);
  const long = plans.flatMap(({ sql, steps }) =>
    steps
      .filter(({ rows, table }) => rows > 1500 && table.toUpperCase() !== 'STATISTICS')
      .map((step) => ({ sql, ...step })),
  );
  expect(long).toEqual([]);
}, 60_000);
