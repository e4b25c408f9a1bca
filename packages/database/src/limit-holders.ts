import type { Database } from './data-source.ts';
import { mapKey, type Limit } from './limit-keys.ts';
import { addWrite, execute, inChunks, placeRows, selectRows, type Runner } from './statements.ts';

/*
 * Limits: at most N tracks at once of a vertex, of a graph, in a pool, of a map's items.
 *
 * What is promised. At no moment have more than N tracks of a limit a run, whoever claims, however many at once; and no
 * place is ever lost, whatever process dies when. A row in limit_holder only says that a run was let in under a limit. It
 * counts while that very run holds its track (same run id, state RUNNING), so nobody has to give a place back: the end of
 * the run, whatever it was, is the giving back. Left-over rows count for nothing, and are swept by later claims.
 *
 * How. The claim's transaction locks the rows of its limits in limit_key, in the order of their keys and after everything
 * else that it locks (pipelines, tracks); only then, in a statement of its own that sees what was committed before that, it
 * counts. So claims under one limit go one after the other, and each sees the runs of all before it. Completions do not
 * lock limits: whether one that is under way is seen does not matter, its run counts until it is committed.
 *
 * A track gets a place under all of its limits or under none, so that none waits while it holds what others wait for.
 */

/** A run that asks for a place under each of its limits. */
export interface PlaceRequest {
  trackId: number;
  runId: string;
  limits: readonly Limit[];
}

const SWEPT_AT_ONCE = 500;
/** Left-over rows are swept when there are so many more of them than of those that count. */
const SWEPT_FROM = 20;

/** Rows of limits that were never asked about: made outside of the transaction, see withLimitKeys. */
class MissingLimitKeys extends Error {
  readonly keys: readonly string[];

  constructor(keys: readonly string[]) {
    super(`limits without a row: ${keys.join(', ')}`);
    this.keys = keys;
  }
}

/**
 * Runs a transaction that takes places. Where a limit has no row yet, it is made first: to insert it while other rows are
 * locked could be a deadlock, and once for ever it costs little.
 * @param transact the whole transaction; repeated after its rollback
 */
export async function withLimitKeys<T>(database: Database, transact: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await transact();
    } catch (error) {
      if (!(error instanceof MissingLimitKeys)) throw error;
      const { places, values } = placeRows(
        error.keys.map((key) => [key]),
        ['UTC_TIMESTAMP(6)'],
      );
      await execute(database.dataSource, `INSERT IGNORE INTO limit_key (name, updated_at) VALUES ${places}`, values);
    }
  }
}

/**
 * Gives each run that fits a place under all of its limits, in the order given; each counts for those after it. In the
 * transaction that makes the runs' tracks RUNNING, with those tracks locked; to be wrapped in withLimitKeys.
 * @returns by run id, for those that do not fit, the key of a limit that has no place left
 */
export async function takePlaces(runner: Runner, requests: readonly PlaceRequest[]): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  if (requests.every(({ limits }) => limits.length === 0)) return refused;
  const limits = requests.flatMap((request) => request.limits);
  const capacities = await lockLimits(runner, limits);
  const counts = await countPlaces(runner, [...capacities.keys()]);
  const fullness = { capacities, taken: new Map([...counts].map(([key, { live }]) => [key, live])) };
  const holders: unknown[][] = [];
  for (const request of requests) {
    const full = findFull(request.limits, fullness);
    if (full !== null) {
      refused.set(request.runId, full.key);
      continue;
    }
    addTo(fullness.taken, request.limits);
    for (const { key } of request.limits) holders.push([key, request.trackId, request.runId]);
  }
  await sweepLeftOver(runner, counts);
  for (const chunk of inChunks(holders)) {
    const { places, values } = placeRows(chunk);
    // An earlier run of the same track may have left a row under this key.
    await addWrite(runner, { sql: `REPLACE INTO limit_holder (limit_key, track_id, run_id) VALUES ${places}`, values });
  }
  return refused;
}

/** By key: how many run, and what pools' rows allow. */
export interface Fullness {
  taken: Map<string, number>;
  capacities: ReadonlyMap<string, number | null>;
}

/** @returns the first of the limits that has no place left; a pool that nobody has made has none */
export function findFull(limits: readonly Limit[], { taken, capacities }: Fullness): Limit | null {
  const capacityOf = ({ key, capacity }: Limit): number => capacity ?? capacities.get(key) ?? 0;
  return limits.find((limit) => (taken.get(limit.key) ?? 0) >= capacityOf(limit)) ?? null;
}

export function addTo(taken: Map<string, number>, limits: readonly Limit[]): void {
  for (const { key } of limits) taken.set(key, (taken.get(key) ?? 0) + 1);
}

/**
 * Locks the limits' rows in key order. FORCE INDEX: a scan of a small table would wait for the locks of all its rows.
 * @returns what the rows say, by key: of pools their capacity, of others null; without the pools that nobody has made
 */
async function lockLimits(runner: Runner, limits: readonly Limit[]): Promise<Map<string, number | null>> {
  const keys = [...new Set(limits.map(({ key }) => key))].sort();
  const capacities = new Map<string, number | null>();
  for (const chunk of inChunks(keys)) {
    const rows = await selectRows<{ name: string; capacity: number | null }>(
      runner,
      'SELECT name, capacity FROM limit_key FORCE INDEX (PRIMARY) WHERE name IN (?) ORDER BY name FOR UPDATE',
      [chunk],
    );
    for (const { name, capacity } of rows) capacities.set(name, capacity);
  }
  const missing = limits.filter(({ key, capacity }) => capacity !== null && !capacities.has(key));
  if (missing.length > 0) throw new MissingLimitKeys([...new Set(missing.map(({ key }) => key))].sort());
  return capacities;
}

/** How many runs were let in under a limit and not swept yet, and how many of them hold their track. */
export interface PlaceCount {
  held: number;
  live: number;
}

/** Counts places by key; a key under which nobody was let in is missing. */
export async function countPlaces(runner: Runner, keys: readonly string[]): Promise<Map<string, PlaceCount>> {
  const counts = new Map<string, PlaceCount>();
  for (const chunk of inChunks(keys)) {
    const rows = await selectRows<PlaceCount & { key: string }>(
      runner,
      `SELECT h.limit_key AS \`key\`, COUNT(*) AS held, COUNT(t.id) AS live FROM limit_holder h
         LEFT JOIN track t ON t.id = h.track_id AND t.run_id = h.run_id AND t.state = 'RUNNING'
       WHERE h.limit_key IN (?) GROUP BY h.limit_key`,
      [chunk],
    );
    for (const { key, held, live } of rows) counts.set(key, { held: Number(held), live: Number(live) });
  }
  return counts;
}

/** Under the limits' locks nobody adds a row, and a run that has left its track never comes back. */
async function sweepLeftOver(runner: Runner, counts: ReadonlyMap<string, PlaceCount>): Promise<void> {
  for (const [key, { held, live }] of counts) {
    if (held - live < live + SWEPT_FROM) continue;
    const rows = await selectRows<{ trackId: number }>(
      runner,
      `SELECT h.track_id AS trackId FROM limit_holder h
         LEFT JOIN track t ON t.id = h.track_id AND t.run_id = h.run_id AND t.state = 'RUNNING'
       WHERE h.limit_key = ? AND t.id IS NULL ORDER BY h.track_id LIMIT ?`,
      [key, SWEPT_AT_ONCE],
    );
    if (rows.length === 0) continue;
    await addWrite(runner, {
      sql: 'DELETE FROM limit_holder WHERE limit_key = ? AND track_id IN (?)',
      values: [key, rows.map(({ trackId }) => trackId)],
    });
  }
}

/**
 * No later claim sweeps what a map was counted by: it goes with the map. In the transaction of its last item's end, behind
 * everything else that this locks. Key by key: for a list of keys servers scan a small table, and would wait here for the
 * claims under every other limit.
 * @param pipelineIds of the items of maps, of which nothing is open any more
 */
export async function dropMapLimits(runner: Runner, pipelineIds: readonly number[]): Promise<void> {
  for (const key of pipelineIds.map(mapKey).sort()) {
    await addWrite(runner, { sql: 'DELETE FROM limit_holder WHERE limit_key = ?', values: [key] });
    await addWrite(runner, { sql: 'DELETE FROM limit_key WHERE name = ?', values: [key] });
  }
}
