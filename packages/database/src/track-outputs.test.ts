import { describe, expect, test } from '@jest/globals';
import { pipelineIdOf, vertexIdOf } from '@baton/domain';
import type { RunKey } from './claim-attempts.ts';
import { findNamedOutputs, findOutputsOfVertices, findPipelinesWithOutputs } from './find-outputs.ts';
import { inChunks, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { endAttempt, insertFlowRows } from './testing-rows.ts';
import { insertTrackOutputs, readTrackOutputs, storeTrackOutputs } from './track-outputs.ts';

const database = useTestDatabase();

async function startTracks(count: number): Promise<RunKey[]> {
  const vertices = Array.from({ length: count }, (_, index) => ({ name: `V${index}` }));
  const { trackIds, runIds } = await insertFlowRows(database, { vertices, states: vertices.map(() => 'RUNNING') });
  return trackIds.map((trackId) => ({ trackId, attempt: 1, runId: runIds.get(trackId) ?? '' }));
}

async function startTrack(): Promise<RunKey> {
  const [run] = await startTracks(1);
  if (run === undefined) throw new Error('one track was asked for');
  return run;
}

async function read({ trackId, attempt }: RunKey): Promise<object> {
  return { ...(await readTrackOutputs(database.dataSource, trackId, attempt)) };
}

describe('values are stored', () => {
  test('as they are, once: a repeat changes nothing', async () => {
    const run = await startTrack();
    const values = { a: '1', empty: '', text: `'"\\\n\r\t中文\u{1F600}%_ `, long: 'x'.repeat(65_536) };
    expect(await storeTrackOutputs(database, [{ ...run, values }])).toEqual([]);
    expect(await storeTrackOutputs(database, [{ ...run, values: { a: 'OTHER' } }])).toEqual([]);
    expect(await read(run)).toEqual(values);
  });

  test('of the run that claimed the attempt alone, also after its end', async () => {
    const run = await startTrack();
    const foreign = { ...run, runId: 'somebody-elses-run', values: { a: 'x' } };
    const future = { ...run, attempt: 2, runId: 'not-yet-there-at-all', values: { a: 'x' } };
    expect(await storeTrackOutputs(database, [foreign, future])).toEqual([
      { runId: foreign.runId, why: 'other_run' },
      { runId: future.runId, why: 'unknown_attempt' },
    ]);
    await endAttempt(database, run);
    expect(await storeTrackOutputs(database, [{ ...run, values: { a: 'late' } }, foreign])).toEqual([
      { runId: foreign.runId, why: 'other_run' },
    ]);
    expect(await read(run)).toEqual({ a: 'late' });
    expect(await read({ ...run, attempt: 2 })).toEqual({});
  });

  test('in statements that a server takes, and by many at once', async () => {
    const runs = await startTracks(30);
    const values = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, "'".repeat(65_536)]));
    const sent = runs.map((run) => ({ ...run, values }));
    await Promise.all([sent, sent.toReversed(), sent].map((one) => storeTrackOutputs(database, one)));
    const [row] = await selectRows<{ count: number; bytes: number }>(
      database.dataSource,
      'SELECT COUNT(*) AS count, SUM(LENGTH(value)) AS bytes FROM track_output WHERE track_id IN (?)',
      [runs.map(({ trackId }) => trackId)],
    );
    expect([Number(row?.count), Number(row?.bytes)]).toEqual([480, 480 * 65_536]);
  });
});

describe('values are found', () => {
  test('by name, of the current attempt, with the states of their tracks', async () => {
    const [first, second, third] = (await startTracks(3)) as [RunKey, RunKey, RunKey];
    await storeTrackOutputs(database, [
      { ...first, values: { a: 'old', b: '2' } },
      { ...second, values: { a: '3', c: '4' } },
    ]);
    await endAttempt(database, first);
    await insertTrackOutputs(database.dataSource, [{ trackId: first.trackId, attempt: 2, values: { a: 'new' } }]);
    const wanted = [
      { trackId: first.trackId, key: 'a' },
      { trackId: first.trackId, key: 'b' },
      { trackId: second.trackId, key: 'a' },
      { trackId: third.trackId, key: 'a' },
    ];
    const found = await findNamedOutputs(database.dataSource, wanted);
    expect(wanted.map((one) => found.get(one))).toEqual(['new', undefined, '3', undefined]);
    expect(found.get({ trackId: second.trackId, key: 'c' })).toBeUndefined();
    expect(wanted.map(({ trackId }) => found.states.get(trackId))).toEqual([
      'PENDING',
      'PENDING',
      'RUNNING',
      'RUNNING',
    ]);
  });

  test('of whole vertices, up to a limit', async () => {
    const runs = await startTracks(4);
    const [first, second, third] = runs as [RunKey, RunKey, RunKey];
    await storeTrackOutputs(database, [
      { ...first, values: { a: 'old' } },
      { ...second, values: { b: '中', a: '1' } },
      { ...third, values: { a: 'not asked for' } },
    ]);
    await endAttempt(database, first);
    const wanted = new Map([[pipelineIdOf(first.trackId), new Set([1, 2, 4])]]);
    const found = await findOutputsOfVertices(database.dataSource, wanted, 6);
    expect([...(found ?? [])].map(([trackId, values]) => [trackId, { ...values }])).toEqual([
      [second.trackId, { a: '1', b: '中' }],
    ]);
    expect(await findOutputsOfVertices(database.dataSource, wanted, 5)).toBeNull();
  });

  test('of more vertices and rows than a statement reads', async () => {
    const runs = await startTracks(2500);
    const givers = runs.filter((_, index) => index % 5 === 0);
    const values = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`k${index}`, `v${index}`]));
    for (const chunk of inChunks(givers, 100)) {
      await insertTrackOutputs(
        database.dataSource,
        chunk.map((run) => ({ ...run, values })),
      );
    }
    const pipelineId = pipelineIdOf(runs[0]?.trackId ?? 0);
    for (const asked of [2000, 900]) {
      const ids = runs.slice(0, asked).map(({ trackId }) => vertexIdOf(trackId));
      const wanted = new Map([[pipelineId, new Set(ids)]]);
      const found = await findOutputsOfVertices(database.dataSource, wanted, 1_000_000);
      expect([...(found?.keys() ?? [])]).toEqual(givers.slice(0, asked / 5).map(({ trackId }) => trackId));
      expect([...(found?.values() ?? [])].every((one) => Object.keys(one).length === 3)).toBe(true);
    }
  });

  test('in the pipelines that have any', async () => {
    const [empty, full] = [await startTrack(), await startTrack()];
    const ids = [empty, full].map(({ trackId }) => pipelineIdOf(trackId));
    expect(await findPipelinesWithOutputs(database, ids)).toEqual(new Set());
    await storeTrackOutputs(database, [{ ...full, values: { a: '' } }]);
    expect(await findPipelinesWithOutputs(database, ids)).toEqual(new Set([ids[1]]));
    expect(await findPipelinesWithOutputs(database, ids)).toEqual(new Set([ids[1]]));
  });
});

test('no statement of a claim reads more than what it asks for', async () => {
  const runs = await startTracks(3000);
  for (const chunk of inChunks(runs, 500)) {
    await insertTrackOutputs(
      database.dataSource,
      chunk.map((run) => ({ ...run, values: { a: '1', b: '2' } })),
    );
  }
  await database.dataSource.query('ANALYZE TABLE track_output, track');
  const [first, second] = runs as [RunKey, RunKey];
  const empty = await startTrack();
  const plans = await explainStatements(database, async () => {
    await findNamedOutputs(database.dataSource, [{ trackId: first.trackId, key: 'a' }]);
    await findPipelinesWithOutputs(database, [pipelineIdOf(empty.trackId)]);
    const ids = new Set([first, second].map(({ trackId }) => vertexIdOf(trackId)));
    await findOutputsOfVertices(database.dataSource, new Map([[pipelineIdOf(first.trackId), ids]]), 1000);
  });
  expect(plans).toHaveLength(3);
  for (const { steps } of plans) {
    for (const { table, key, rows } of steps) {
      expect({ table, key }).toEqual({ table, key: 'PRIMARY' });
      expect(rows).toBeLessThanOrEqual(20);
    }
  }
});
