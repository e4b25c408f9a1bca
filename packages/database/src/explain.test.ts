import { beforeAll, expect, test } from '@jest/globals';
import { claimAttempts } from './claim-attempts.ts';
import { countTracksByState, findPipelines } from './find-pipelines.ts';
import { openDatabase, type Database } from './data-source.ts';
import { findDueTracks, findExpiredRuns, findStrandedPipelines } from './find-stranded.ts';
import { fillLimits } from './limit-waiters.ts';
import { findTracks } from './find-tracks.ts';
import { findWorkers } from './find-workers.ts';
import { forgetWorkers } from './forget-workers.ts';
import { findOutputStatus, measureOutput, readOutput } from './read-output.ts';
import { recordHeartbeat } from './record-heartbeat.ts';
import { loadFlowGraph } from './load-flow-graph.ts';
import { findAppliedRuns, renewLeases } from './renew-leases.ts';
import { execute, inChunks, placeRows, selectRows } from './statements.ts';
import { storeOutput } from './store-output.ts';
import { useTestDatabase } from './testing-database.ts';
import { explainStatements } from './testing-explain.ts';
import { insertFlowRows, insertGraphRows, insertPipelineRows, type StoredRows } from './testing-rows.ts';

/*
 * The statements that run all the time are explained, as they are really sent, over a history that is much longer than what
 * is alive: 6,000 tracks of which 70 live and 1,000 wait, 400 pipelines of which one lives. None may read much more than the living.
 * Numbers of rows are the server's estimates, which count index entries that are about to be purged: hence twice.
 */

const TRACKS = 3000;
const RUNNING = 20;
const PENDING = 50;
const ALIVE = RUNNING + PENDING;
const vertices = Array.from({ length: TRACKS }, (_, index) => ({ name: `V${index}` }));

const database = useTestDatabase();
let live: StoredRows;
let ended: StoredRows;
let running: { trackId: number; attempt: number; runId: string }[];

beforeAll(async () => {
  ended = await insertFlowRows(database, { vertices, pipelineState: 'FINISH', states: vertices.map(() => 'SUCCEED') });
  const small = await insertGraphRows(database, { vertices: [{ name: 'A' }] });
  const single = { vertices: [{ name: 'A' }], states: ['SUCCEED'] as const };
  await Promise.all(
    Array.from({ length: 400 }, (_, made) =>
      insertPipelineRows(database, small, { ...single, pipelineState: made % 4 === 0 ? 'FAILED' : 'FINISH' }),
    ),
  );
  live = await insertPipelineRows(database, ended, {
    vertices,
    states: vertices.map((_, index) =>
      index < RUNNING ? 'RUNNING' : index < ALIVE ? 'PENDING' : index < 1000 ? 'WAITING' : 'SUCCEED',
    ),
    leaseMs: -1000,
    workerId: 'w1',
  });
  running = live.trackIds.slice(0, RUNNING).map((trackId) => {
    return { trackId, attempt: 1, runId: live.runIds.get(trackId) ?? '' };
  });
  await insertHistory();
  await recordHeartbeat(database, worker);
  // Reading a graph is done once a version: not what is hot.
  await loadFlowGraph(database.dataSource, database, live.versionId);
  for (const table of ['pipeline', 'track', 'attempt', 'output_chunk', 'vertex', 'worker']) {
    // All pages are sampled, and only now: statistics that are drawn by lot make plans that are.
    await execute(database.dataSource, `ALTER TABLE ${table} STATS_SAMPLE_PAGES = 10000 STATS_AUTO_RECALC = 0`);
    await selectRows(database.dataSource, `ANALYZE TABLE ${table}`);
  }
});

const worker = {
  id: 'w1',
  name: 'w1',
  host: 'h',
  pid: 1,
  softwareVersion: '0',
  isolationLevel: 'none',
  labels: ['default'],
  slots: 1,
  isDraining: false,
  startedAt: new Date(),
};

/** Each ended track has an attempt that printed. */
async function insertHistory(): Promise<void> {
  for (const trackIds of inChunks(ended.trackIds, 1000)) {
    const time = '2026-11-01 00:00:00';
    const attempts = placeRows(
      trackIds.map((id) => [id, 1, `run-${id}`, 'w1', 'succeed', 0, time, time, time, 1, 1, 0]),
    );
    await execute(
      database.dataSource,
      `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, pending_at, started_at, finished_at,
        duration_ms, output_bytes, cut_bytes) VALUES ${attempts.places}`,
      attempts.values,
    );
    const chunks = placeRows(trackIds.flatMap((id) => [0, 1, 2].map((seq) => [id, 1, seq, Buffer.from('x')])));
    await execute(
      database.dataSource,
      `INSERT INTO output_chunk (track_id, attempt, seq, bytes) VALUES ${chunks.places}`,
      chunks.values,
    );
  }
}

interface Expected {
  /** Of each table or alias that the statements touch, where it matters which. */
  keys: Record<string, string>;
  /** Rows of any one table at most. */
  rows: number;
  run: () => Promise<unknown>;
}

const HOT: Record<string, Expected> = {
  'the claim': {
    keys: { track: 'PRIMARY', p: 'PRIMARY' },
    rows: 8,
    run: () =>
      claimAttempts(database, {
        workerId: 'w1',
        labels: ['default'],
        leaseMs: 15_000,
        claims: live.trackIds
          .slice(RUNNING, RUNNING + 4)
          .map((trackId) => ({ trackId, attempt: 1, runId: `r${trackId}` })),
      }),
  },
  'renewing leases': {
    keys: { track: 'PRIMARY' },
    rows: 2 * RUNNING,
    run: () => renewLeases(database, { workerId: 'w1', leaseMs: -1000, runs: running }),
  },
  'which reports were applied': {
    keys: { attempt: 'PRIMARY', stale_completion: 'uq_stale_completion' },
    rows: 2 * RUNNING,
    run: () => findAppliedRuns(database, running.slice(0, 5)),
  },
  'due tracks': {
    keys: { track: 'ix_track_due' },
    rows: 2 * ALIVE,
    run: () => findDueTracks(database, 100),
  },
  'expired leases': {
    keys: { track: 'ix_track_due' },
    rows: 2 * ALIVE,
    run: () => findExpiredRuns(database, 100),
  },
  'tracks of a pipeline in some states': {
    keys: { track: 'ix_track_pipeline_state' },
    rows: 2 * ALIVE,
    run: () => findTracks(database, { pipelineId: live.pipelineId, states: ['PENDING', 'RUNNING'], limit: 50 }),
  },
  'pipelines in some states, newest first': {
    keys: { pipeline: 'ix_pipeline_state' },
    rows: 400,
    run: () => findPipelines(database, { states: ['RUNNING', 'FAILED'], limit: 50 }),
  },
  'output of an attempt': {
    keys: { output_chunk: 'PRIMARY' },
    rows: 4,
    run: async () => {
      await readOutput(database, { trackId: ended.trackIds[5] ?? 0, attempt: 1, afterSeq: 0, limit: 16 });
      await measureOutput(database, ended.trackIds[5] ?? 0, 1);
    },
  },
  'whether an attempt has ended': {
    keys: { attempt: 'PRIMARY' },
    rows: 1,
    run: () => findOutputStatus(database, ended.trackIds[5] ?? 0, 1),
  },
  'storing output': {
    keys: { attempt: 'PRIMARY', track: 'PRIMARY' },
    rows: 2,
    run: () =>
      storeOutput(
        database,
        running.slice(0, 2).map((run) => ({ ...run, seq: 0, bytes: Buffer.from('x') })),
      ),
  },
  'what waits for limits': {
    keys: { track: 'ix_track_waits_for' },
    rows: ALIVE,
    run: () => fillLimits(database),
  },
  'what the workers run': {
    keys: { t: 'ix_track_due', p: 'PRIMARY' },
    rows: 2 * ALIVE,
    run: () => findWorkers(database, { aliveMs: 60_000, all: false }),
  },
  'what keeps a silent worker': {
    keys: { worker: 'ix_worker_seen', track: 'ix_track_due' },
    rows: 2 * ALIVE,
    run: () => forgetWorkers(database, { keepMs: 0 }),
  },
};

test.each(Object.entries(HOT))('%s reads no more than it must', async (_name, { keys, rows, run }) => {
  const plans = await explainStatements(database, run);
  const touched = plans.flatMap(({ steps }) => steps);
  for (const [table, key] of Object.entries(keys)) {
    const steps = touched.filter((step) => step.table === table);
    expect(steps.map((step) => step.key)).toEqual(steps.map(() => key));
    expect(steps).not.toEqual([]);
  }
  expect(touched.filter((step) => step.rows > rows)).toEqual([]);
});

test('counting by state and the search for the stranded read index entries, no rows', async () => {
  const plans = await explainStatements(database, async () => {
    await countTracksByState(database, live.pipelineId);
    await findStrandedPipelines(database, 10);
  });
  const tracks = plans.flatMap(({ steps }) => steps).filter(({ table }) => ['track', 'w', 'l'].includes(table));
  expect(tracks.map(({ key }) => key)).toEqual(tracks.map(() => 'ix_track_pipeline_state'));
  const [pipelines] = plans.flatMap(({ steps }) => steps).filter(({ table }) => table === 'p');
  expect(pipelines).toMatchObject({ key: 'ix_pipeline_state', rows: expect.any(Number) });
  expect(pipelines?.rows).toBeLessThanOrEqual(2);
});

test('a first page stops at its limit', async () => {
  const single = await openDatabase({ url: database.url, poolSize: 1 });
  try {
    const before = await countReads(single);
    await findTracks(single, { pipelineId: live.pipelineId, states: [], limit: 50 });
    await findPipelines(single, { states: ['FINISH', 'FAILED'], limit: 20 });
    expect((await countReads(single)) - before).toBeLessThan(600);
  } finally {
    await single.close();
  }
});

/** Index entries and rows that this session has asked its tables for. */
async function countReads({ dataSource }: Database): Promise<number> {
  const rows = await selectRows<{ Value: string }>(dataSource, `SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'`);
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
