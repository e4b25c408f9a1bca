import { beforeAll, expect, test } from '@jest/globals';
import { findHoldingTracks, findTrackEnds, findWhyTracks } from './find-why.ts';
import { findLastLine, findLimitStatus, findPipelineAction } from './find-why-details.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { insertFlowRows, type StoredRows } from './testing-rows.ts';

/** 3,000 tracks of an ended pipeline, and 3,000 of a live one of which few hold it. */
const vertices = Array.from({ length: 3000 }, (_, index) => ({ name: `V${index}` }));
const database = useTestDatabase();
let live: StoredRows;
beforeAll(async () => {
  await insertFlowRows(database, { vertices, pipelineState: 'FINISH', states: vertices.map(() => 'SUCCEED') });
  live = await insertFlowRows(database, {
    vertices,
    states: vertices.map((_, index) => (index < 20 ? 'PENDING' : index < 1000 ? 'WAITING' : 'SUCCEED')),
  });
  await execute(database.dataSource, "UPDATE track SET awaits = 'choice' WHERE id IN (?)", [live.trackIds.slice(-3)]);
  for (const table of ['pipeline', 'track', 'pipeline_event', 'output_chunk', 'limit_holder']) {
    await execute(database.dataSource, `ALTER TABLE ${table} STATS_SAMPLE_PAGES = 10000 STATS_AUTO_RECALC = 0`);
    await selectRows(database.dataSource, `ANALYZE TABLE ${table}`);
  }
});

test('what holds a pipeline is found among many tracks, each kind up to the limit', async () => {
  const all = await findHoldingTracks(database, live.pipelineId, 100);
  expect(all.map(({ id }) => id)).toEqual([...live.trackIds.slice(0, 20), ...live.trackIds.slice(-3)]);
  expect(all[0]).toMatchObject({ state: 'PENDING', awaits: null, isLimited: false, isDelayed: false });
  expect(all.at(-1)).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
  expect(await findHoldingTracks(database, live.pipelineId, 5)).toHaveLength(8);
});

test('tracks are found by their ids, in chunks; those that are not there are left out', async () => {
  const ids = [...live.trackIds.slice(0, 1200), 1];
  expect(await findWhyTracks(database, ids)).toHaveLength(1200);
  const ends = await findTrackEnds(database, ids);
  expect(ends.size).toBe(1200);
  expect(ends.get(live.trackIds[0] ?? 0)).toMatchObject({ state: 'PENDING', awaits: null, reason: null });
});

test('the last line that says something', async () => {
  const [trackId = 0] = live.trackIds;
  expect(await findLastLine(database, trackId, 1)).toBeNull();
  const lines = ['first\nsecond\n', `${'x'.repeat(5000)}\nthe lást\n \n\n`];
  for (const [seq, text] of lines.entries()) {
    await execute(database.dataSource, 'INSERT INTO output_chunk (track_id, attempt, seq, bytes) VALUES (?, 1, ?, ?)', [
      trackId,
      seq,
      Buffer.from(text),
    ]);
  }
  expect(await findLastLine(database, trackId, 1)).toBe('the lást');
  expect(await findLastLine(database, trackId, 2)).toBeNull();
});

test('every statement reads by a key, and little', async () => {
  const plans = await explainStatements(database, async () => {
    await findHoldingTracks(database, live.pipelineId, 100);
    await findWhyTracks(database, live.trackIds.slice(0, 10));
    await findTrackEnds(database, live.trackIds.slice(0, 10));
    await findLimitStatus(database, 'pool:gpu', 10);
    await findPipelineAction(database, live.pipelineId, ['pause']);
    await findLastLine(database, live.trackIds[0] ?? 0, 1);
  });
  expect(plans.length).toBeGreaterThanOrEqual(7);
  for (const { sql, steps } of plans) {
    const read = steps.filter(({ table }) => table !== 'w');
    expect({ sql, keyless: read.filter(({ key }) => key === null) }).toEqual({ sql, keyless: [] });
    expect({ sql, many: read.filter(({ rows }) => rows > 100) }).toEqual({ sql, many: [] });
  }
});
