import { expect, test } from '@jest/globals';
import { countStaleCompletions, findAttempts } from './find-attempts.ts';
import { findTrack, findTracks } from './find-tracks.ts';
import { recordHeartbeat } from './record-heartbeat.ts';
import { execute } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { insertFlowRows } from './testing-rows.ts';

const database = useTestDatabase();

const vertices = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ name }));

test('tracks come by id in pages, of one pipeline, of the states asked for', async () => {
  const rows = await insertFlowRows(database, {
    vertices,
    states: ['PENDING', 'RUNNING', 'PENDING', 'WAITING', 'PENDING'],
  });
  await insertFlowRows(database, { vertices });
  const find = async (filter: object): Promise<number[]> => {
    const found = await findTracks(database, { pipelineId: rows.pipelineId, states: [], limit: 50, ...filter });
    return found.map(({ vertexId }) => vertexId);
  };
  expect(await find({})).toEqual([1, 2, 3, 4, 5]);
  expect(await find({ states: ['PENDING'] })).toEqual([1, 3, 5]);
  expect(await find({ states: ['PENDING', 'WAITING'], limit: 2, afterId: rows.trackIds[0] })).toEqual([3, 4]);
  expect(await find({ limit: 2, afterId: rows.trackIds[3] })).toEqual([5]);
  expect(await find({ pipelineId: 999_999 })).toEqual([]);
});

test('a track names its worker, also after its end; an unseen worker has its id', async () => {
  const rows = await insertFlowRows(database, { vertices, states: ['RUNNING', 'FAILED'], workerId: 'worker-1' });
  const [running = 0, failed = 0] = rows.trackIds;
  expect(await findTrack(database, running)).toMatchObject({ worker: 'worker-1', state: 'RUNNING', input: {} });
  await recordHeartbeat(database, {
    id: 'worker-1',
    name: 'blade 7',
    host: 'b7',
    pid: 1,
    softwareVersion: '0.1.0',
    isolationLevel: 'process',
    labels: ['default'],
    slots: 2,
    isDraining: false,
    startedAt: new Date(),
  });
  expect(await findTrack(database, running)).toMatchObject({ worker: 'blade 7' });
  await insertAttempt(failed, 1);
  expect(await findTrack(database, failed)).toMatchObject({ worker: 'blade 7', state: 'FAILED' });
  expect(await findTrack(database, 1)).toBeNull();
});

test('attempts come oldest first, with what ended them; stale completions are counted', async () => {
  const rows = await insertFlowRows(database, { vertices });
  const [trackId = 0] = rows.trackIds;
  await insertAttempt(trackId, 1);
  await insertAttempt(trackId, 2);
  const attempts = await findAttempts(database, trackId);
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(attempts[0]).toMatchObject({
    result: 'signal',
    exitCode: null,
    signal: 'SIGKILL',
    durationMs: 12,
    cutBytes: 4,
  });
  expect((await findAttempts(database, trackId, 1)).map(({ attempt }) => attempt)).toEqual([2]);
  expect(await countStaleCompletions(database, trackId)).toBe(0);
  await execute(
    database.dataSource,
    `INSERT INTO stale_completion (track_id, attempt, run_id, why, completion, received_at)
      VALUES (?, 1, 'run', 'other_attempt', '{}', UTC_TIMESTAMP(6))`,
    [trackId],
  );
  expect(await countStaleCompletions(database, trackId)).toBe(1);
});

async function insertAttempt(trackId: number, attempt: number): Promise<void> {
  await execute(
    database.dataSource,
    `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, term_signal, pending_at, started_at, finished_at,
        duration_ms, output_bytes, cut_bytes)
      VALUES (?, ?, ?, 'worker-1', 'signal', 'SIGKILL', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 12, 3, 4)`,
    [trackId, attempt, `run-${trackId}-${attempt}`],
  );
}
