import { pipelineIdOf, vertexIdOf, type TrackToDispatch } from '@baton/domain';
import type { Database } from './data-source.ts';
import { addTo, countPlaces, findFull, type Fullness } from './limit-holders.ts';
import { limitsOf, poolNameOf, type Limit } from './limit-keys.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { execute, inChunks, selectRows } from './statements.ts';
import { describeTrack, dispatchTimeoutMs } from './track-to-dispatch.ts';
import { withRetries, withTransaction } from './with-transaction.ts';

/*
 * Who comes next where a limit has places again.
 *
 * A track that a limit refused is PENDING without a queue entry; it names the limit in waits_for, and its place among those
 * that wait in waits_rank and waits_since. Waking it is a hint: it gets a queue entry, and whether it gets the place its
 * claim decides. When runs have ended, for each place that they left one track is woken: the highest priority first, then
 * the one that is PENDING the longest.
 *
 * A woken track has no waits_rank, and waits_since says when it was woken: for some seconds a place is kept free of further
 * wake-ups for it. Then another is woken as well: perhaps no worker has its labels.
 *
 * No wake-up is missed while processes live: a claim that was refused because it saw the run still running is waited for
 * first (it holds the limit's lock until its refusal is committed). When a process dies between its commit and the waking,
 * or a woken track does not use its place, fillLimits finds it: the reconcile loop calls that with every round.
 *
 * A track that waits for a limit although another one of its own has no place is handed to that one's waiters, so that a
 * free place goes to one that can use it.
 */

/** Of each limit so many waiting tracks more than places are looked at, for those that another limit keeps. */
const SPARE = 20;
const WOKEN_AT_ONCE = 200;
/** So long a woken track is expected to claim its place. */
const EXPECTED_FOR_MS = 10_000;
/** A round ends when nothing more is woken; this only bounds it. */
const MAX_ROUNDS = 100;

/**
 * Takes the tracks that are to have the places that ended runs left; to be called after the commit.
 * @param freed keys of limits, one for each place: `freedLimits` of AppliedEvents
 * @returns tracks to enqueue; should that fail, they are due in a few seconds
 */
export async function takeLimitWaiters(database: Database, freed: readonly string[]): Promise<TrackToDispatch[]> {
  const wanted = new Map<string, number>();
  for (const key of freed) wanted.set(key, (wanted.get(key) ?? 0) + 1);
  return (await wake(database, wanted, new Map())).woken;
}

/**
 * Takes a waiting track for every place that is free: for limits that got more places, and for what was missed.
 * @param keys of limits; absent: of all that tracks wait for
 * @returns tracks to enqueue
 */
export async function fillLimits(database: Database, keys?: readonly string[]): Promise<TrackToDispatch[]> {
  const wanted = new Map((keys ?? (await findWaitedLimits(database))).map((key) => [key, WOKEN_AT_ONCE]));
  const all: TrackToDispatch[] = [];
  const given = new Map<string, number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { woken, moved } = await wake(database, wanted, given);
    all.push(...woken);
    if (woken.length === 0 && moved === 0) break;
  }
  return all;
}

export const SELECT_WAITED_LIMITS = 'SELECT DISTINCT waits_for AS `key` FROM track WHERE waits_for IS NOT NULL';

/** @returns the keys of the limits that tracks wait for */
async function findWaitedLimits(database: Database): Promise<string[]> {
  const rows = await selectRows<{ key: string }>(database.dataSource, SELECT_WAITED_LIMITS);
  return rows.map(({ key }) => key);
}

/** A waiting track with what it waits for, and all limits that it counts against. */
interface Waiter {
  track: TrackToDispatch;
  key: string;
  limits: Limit[];
}

/** @param given by key, places that tracks woken before will ask for besides the one that they waited for; added to */
async function wake(
  database: Database,
  wanted: ReadonlyMap<string, number>,
  given: Map<string, number>,
): Promise<{ woken: TrackToDispatch[]; moved: number }> {
  const keys = [...wanted.keys()].toSorted();
  if (keys.length === 0) return { woken: [], moved: 0 };
  await waitForClaims(database, keys);
  const waiters: Waiter[] = [];
  for (const key of keys) waiters.push(...(await findWaiters(database, key, (wanted.get(key) ?? 0) + SPARE)));
  if (waiters.length === 0) return { woken: [], moved: 0 };
  const fullness = await readFullness(database, waiters);
  for (const [key, places] of given) fullness.taken.set(key, (fullness.taken.get(key) ?? 0) + places);
  const { woken, moved } = choose(waiters, wanted, fullness);
  for (const { key, limits } of woken) {
    const others = limits.filter((limit) => limit.key !== key);
    addTo(given, others);
  }
  const taken = await takeWaiters(database, woken);
  return { woken: taken, moved: await moveWaiters(database, moved) };
}

/**
 * Waits for the claims that hold these limits now, and no longer: one of them may have been refused for a run that has
 * ended meanwhile, and is found waiting only when it has committed.
 * @throws the server's error where a limit stays locked: then the reconcile loop wakes
 */
async function waitForClaims(database: Database, keys: readonly string[]): Promise<void> {
  for (const chunk of inChunks(keys)) {
    const sql = `SELECT name FROM limit_key FORCE INDEX (PRIMARY) WHERE name IN (?) ORDER BY name LOCK IN SHARE MODE`;
    await withRetries(() => selectRows(database.dataSource, sql, [chunk]), { retriesLockWaits: false });
  }
}

interface WaiterRow extends PipelineGraphKey {
  id: number;
  attempt: number;
  seq: number;
  pipeline: string;
  priority: number;
  createdAt: Date;
}

/** STRAIGHT_JOIN and the index: in their order, without sorting all that wait. */
export const SELECT_LIMIT_WAITERS = `SELECT STRAIGHT_JOIN t.id, t.attempt, t.dispatch_seq AS seq, p.name AS pipeline,
    p.priority, p.created_at AS createdAt, ${PIPELINE_GRAPH_COLUMNS}
  FROM track t FORCE INDEX (ix_track_waits_for) JOIN pipeline p ON p.id = t.pipeline_id
  WHERE t.waits_for = ? AND t.waits_rank IS NOT NULL AND t.state = 'PENDING' AND t.awaits IS NULL AND p.state = 'RUNNING'
  ORDER BY t.waits_rank, t.waits_since, t.id LIMIT ?`;

async function findWaiters(database: Database, key: string, limit: number): Promise<Waiter[]> {
  const rows = await selectRows<WaiterRow>(database.dataSource, SELECT_LIMIT_WAITERS, [key, limit]);
  const waiters: Waiter[] = [];
  for (const { id, attempt, seq, pipeline, priority, createdAt, ...graphKey } of rows) {
    const graph = await loadPipelineGraph(database.dataSource, database, graphKey);
    const vertex = graph.vertices.get(vertexIdOf(id));
    if (vertex === undefined) continue;
    const pipelineId = pipelineIdOf(id);
    const track = describeTrack(
      graph,
      { id: pipelineId, name: pipeline, priority, createdAt },
      { vertexId: vertex.id, attempt, seq },
    );
    waiters.push({ track, key, limits: limitsOf(graph, vertex, pipelineId) });
  }
  return waiters;
}

async function readFullness(database: Database, waiters: readonly Waiter[]): Promise<Fullness> {
  const keys = [...new Set(waiters.flatMap(({ limits }) => limits.map(({ key }) => key)))];
  const counts = await countPlaces(database.dataSource, keys);
  const pools = keys.filter((key) => poolNameOf(key) !== null);
  const capacities = new Map<string, number | null>();
  for (const chunk of inChunks(pools)) {
    const rows = await selectRows<{ name: string; capacity: number | null }>(
      database.dataSource,
      'SELECT name, capacity FROM limit_key WHERE name IN (?)',
      [chunk],
    );
    for (const { name, capacity } of rows) capacities.set(name, capacity);
  }
  const taken = new Map([...counts].map(([key, { live }]) => [key, live]));
  for (const { key, expected } of await countExpected(database, keys)) taken.set(key, (taken.get(key) ?? 0) + expected);
  return { taken, capacities };
}

/** Tracks that were woken for these limits and have not claimed yet. */
async function countExpected(
  database: Database,
  keys: readonly string[],
): Promise<{ key: string; expected: number }[]> {
  const rows: { key: string; expected: number }[] = [];
  for (const chunk of inChunks(keys)) {
    rows.push(
      ...(await selectRows<{ key: string; expected: number }>(
        database.dataSource,
        `SELECT waits_for AS \`key\`, COUNT(*) AS expected FROM track
         WHERE waits_for IN (?) AND waits_rank IS NULL AND state = 'PENDING'
           AND waits_since > UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND GROUP BY waits_for`,
        [chunk, EXPECTED_FOR_MS * 1000],
      )),
    );
  }
  return rows;
}

/** Goes through those that wait for each limit in their order. What it gives away it counts in `fullness`. */
function choose(
  waiters: readonly Waiter[],
  wanted: ReadonlyMap<string, number>,
  fullness: Fullness,
): { woken: Waiter[]; moved: (Waiter & { to: string })[] } {
  const woken: Waiter[] = [];
  const moved: (Waiter & { to: string })[] = [];
  const left = new Map(wanted);
  for (const waiter of waiters) {
    const more = left.get(waiter.key) ?? 0;
    if (more === 0) continue;
    const full = findFull(waiter.limits, fullness);
    if (full === null) {
      addTo(fullness.taken, waiter.limits);
      woken.push(waiter);
      left.set(waiter.key, more - 1);
    } else if (full.key !== waiter.key) moved.push({ ...waiter, to: full.key });
  }
  return { woken, moved };
}

/** The lock passes over rows that others have: a claim or a person is at it, and what becomes of it is theirs to say. */
const LOCK_WAITERS = `SELECT id FROM track FORCE INDEX (PRIMARY) WHERE id IN (?) AND state = 'PENDING' AND due_at IS NOT NULL
  AND waits_rank IS NOT NULL AND (id, attempt, dispatch_seq, waits_for) IN (?) ORDER BY id FOR UPDATE SKIP LOCKED`;

const toLock = (waiters: readonly Waiter[]): unknown[] => [
  waiters.map(({ track }) => track.trackId),
  waiters.map(({ track, key }) => [track.trackId, track.attempt, track.seq, key]),
];

/** Each is taken by one caller. Due soon: should its entry be lost, it is a queued track like any other. */
async function takeWaiters(database: Database, waiters: readonly Waiter[]): Promise<TrackToDispatch[]> {
  const taken: TrackToDispatch[] = [];
  for (const chunk of inChunks(waiters, WOKEN_AT_ONCE)) {
    const won = await withTransaction(database, async (runner) => {
      const rows = await selectRows<{ id: number }>(runner, LOCK_WAITERS, toLock(chunk));
      if (rows.length === 0) return [];
      await execute(
        runner,
        `UPDATE track FORCE INDEX (PRIMARY) SET dispatch_seq = dispatch_seq + 1, waits_rank = NULL,
           waits_since = UTC_TIMESTAMP(6), due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id IN (?)`,
        [dispatchTimeoutMs(1) * 1000, rows.map(({ id }) => id)],
      );
      return rows;
    });
    const ids = new Set(won.map(({ id }) => id));
    for (const { track } of chunk) if (ids.has(track.trackId)) taken.push({ ...track, seq: track.seq + 1 });
  }
  return taken;
}

/** @returns how many were moved */
async function moveWaiters(database: Database, moved: readonly (Waiter & { to: string })[]): Promise<number> {
  let count = 0;
  for (const to of new Set(moved.map((waiter) => waiter.to))) {
    const waiters = moved.filter((waiter) => waiter.to === to);
    count += await withTransaction(database, async (runner) => {
      const rows = await selectRows<{ id: number }>(runner, LOCK_WAITERS, toLock(waiters));
      if (rows.length === 0) return 0;
      const sql = 'UPDATE track FORCE INDEX (PRIMARY) SET waits_for = ? WHERE id IN (?)';
      return (await execute(runner, sql, [to, rows.map(({ id }) => id)])).affectedRows;
    });
  }
  return count;
}
