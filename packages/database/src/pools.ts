import { BatonError, type VertexPolicies } from '@baton/domain';
import type { Database } from './data-source.ts';
import { countPlaces } from './limit-holders.ts';
import { poolKey, poolNameOf } from './limit-keys.ts';
import { execute, inChunks, selectRows, type Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/** A named limit over all graphs. */
export interface PoolRecord {
  name: string;
  /** So many tracks at once; 0: none starts. */
  limit: number;
  /** Tracks that run in it now. */
  running: number;
  /** Tracks that asked for a place in it and wait for one. */
  waiting: number;
}

/** Every pool, by name. */
export function findPools(database: Database): Promise<PoolRecord[]> {
  return readPools(database, `name LIKE 'pool:%'`, []);
}

/** @throws BatonError pool_not_found */
export async function findPool(database: Database, name: string): Promise<PoolRecord> {
  const [pool] = await readPools(database, 'name = ?', [poolKey(name)]);
  if (pool === undefined) throw poolNotFound(name);
  return pool;
}

async function readPools(database: Database, where: string, values: readonly unknown[]): Promise<PoolRecord[]> {
  const runner = database.dataSource;
  const rows = await selectRows<{ key: string; capacity: number }>(
    runner,
    `SELECT name AS \`key\`, capacity FROM limit_key WHERE ${where} AND capacity IS NOT NULL ORDER BY name`,
    values,
  );
  if (rows.length === 0) return [];
  const keys = rows.map(({ key }) => key);
  const places = await countPlaces(runner, keys);
  const waiting = new Map<string, number>();
  for (const chunk of inChunks(keys)) {
    const counts = await selectRows<{ key: string; count: number }>(
      runner,
      'SELECT waits_for AS `key`, COUNT(*) AS count FROM track WHERE waits_for IN (?) AND waits_rank IS NOT NULL GROUP BY waits_for',
      [chunk],
    );
    for (const { key, count } of counts) waiting.set(key, Number(count));
  }
  return rows.map(({ key, capacity }) => ({
    name: poolNameOf(key) ?? key,
    limit: capacity,
    running: places.get(key)?.live ?? 0,
    waiting: waiting.get(key) ?? 0,
  }));
}

/**
 * Makes a pool, or gives it another limit: from the next claim on. What runs goes on, also where it is more than that.
 * Whoever raises a limit calls fillLimits afterwards.
 * @returns whether it is new
 */
export async function setPool(database: Database, name: string, limit: number): Promise<{ isNew: boolean }> {
  return withTransaction(database, async (runner) => {
    const isNew = (await lockPool(runner, name)) === null;
    await execute(
      runner,
      `INSERT INTO limit_key (name, capacity, updated_at) VALUES (?, ?, UTC_TIMESTAMP(6))
       ON DUPLICATE KEY UPDATE capacity = ?, updated_at = UTC_TIMESTAMP(6)`,
      [poolKey(name), limit, limit],
    );
    return { isNew };
  });
}

/**
 * Removes a pool that nobody needs: tracks that name a pool which is not there do not start. So it is refused while the
 * newest version of a graph, or a version that a live pipeline runs, names it, and while a track runs in it. A graph that is
 * saved at the same moment may come to name it all the same: the check and the reason why its tracks wait say so.
 * @throws BatonError pool_not_found, pool_in_use
 */
export async function deletePool(database: Database, name: string): Promise<void> {
  await findPool(database, name);
  const users = await findPoolUsers(database, name);
  if (users.length > 0) throw inUse(name, users);
  await withTransaction(database, async (runner) => {
    if ((await lockPool(runner, name)) === null) return; // somebody else removed it meanwhile, or an unheard commit did
    const key = poolKey(name);
    const running = (await countPlaces(runner, [key])).get(key)?.live ?? 0;
    if (running > 0) {
      throw new BatonError('pool_in_use', `expected no track to run in pool ${name}, found ${running} that do`);
    }
    await execute(runner, 'DELETE FROM limit_holder WHERE limit_key = ?', [key]);
    await execute(runner, 'DELETE FROM limit_key WHERE name = ?', [key]);
  });
}

/** @returns its limit; null where there is none */
async function lockPool(runner: Runner, name: string): Promise<number | null> {
  const [row] = await selectRows<{ capacity: number | null }>(
    runner,
    'SELECT capacity FROM limit_key WHERE name = ? FOR UPDATE',
    [poolKey(name)],
  );
  return row?.capacity ?? null;
}

interface PoolUser {
  graph: string;
  version: number;
  vertex: string;
}

/** Vertices of newest versions and of versions that live pipelines run. Reads much: it is asked when a pool is removed. */
async function findPoolUsers(database: Database, name: string): Promise<PoolUser[]> {
  const runner = database.dataSource;
  const versions = await selectRows<{ id: number }>(
    runner,
    `SELECT v.id FROM graph g JOIN graph_version v ON v.graph_id = g.id AND v.version = g.latest_version
     UNION SELECT version_id AS id FROM pipeline WHERE state IN ('RUNNING', 'PAUSED')`,
  );
  const users: PoolUser[] = [];
  for (const chunk of inChunks(versions)) {
    const rows = await selectRows<PoolUser & { policies: string }>(
      runner,
      `SELECT g.name AS graph, v.version, x.name AS vertex, x.policies FROM vertex x
         JOIN graph_version v ON v.id = x.version_id JOIN graph g ON g.id = v.graph_id
       WHERE x.version_id IN (?) AND x.policies LIKE ? ORDER BY g.name, v.version, x.id`,
      [chunk.map(({ id }) => id), `%"pools":%"${name}"%`],
    );
    for (const { policies, ...user } of rows) {
      if ((JSON.parse(policies) as Partial<VertexPolicies>).pools?.includes(name) === true) users.push(user);
    }
  }
  return users;
}

const NAMED_AT_MOST = 20;

function inUse(name: string, users: readonly PoolUser[]): BatonError {
  const detail = `expected no graph to name pool ${name}, found ${users.length} vertices that do`;
  const problems = users.slice(0, NAMED_AT_MOST).map(({ graph, version, vertex }) => ({
    code: 'pool_in_use',
    message: `vertex ${vertex} of graph ${graph}, version ${version}, runs in this pool`,
    vertices: [vertex],
  }));
  return new BatonError('pool_in_use', detail, { problems });
}

function poolNotFound(name: string): BatonError {
  return new BatonError('pool_not_found', `expected the name of a pool, found ${name}`);
}
