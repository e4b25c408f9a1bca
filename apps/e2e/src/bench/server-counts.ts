import { selectRows, type Database } from '@baton/database';
import type { Redis } from '@baton/queue';

/** What the server counts, and which of its counters are summed up. */
const MYSQL_COUNTS: Readonly<Record<string, RegExp>> = {
  'SQL statements': /^Questions$/,
  commits: /^Com_commit$/,
  'rows looked at': /^Handler_read_/,
};

/** BullMQ's steps are scripts; what these do in turn is no call. */
const REDIS_CALLS = /^cmdstat_(?:evalsha|eval|bzpopmin):calls=(\d+)/gm;

/** What the servers were asked to do since they run, by anybody. */
export async function readServerCounts(database: Database, redis: Redis): Promise<Record<string, number>> {
  const rows = await selectRows<{ Variable_name: string; Value: string }>(database.dataSource, 'SHOW GLOBAL STATUS');
  const counts: Record<string, number> = {};
  for (const [name, pattern] of Object.entries(MYSQL_COUNTS)) {
    const found = rows.filter(({ Variable_name: variable }) => pattern.test(variable));
    counts[name] = found.reduce((sum, { Value: value }) => sum + Number(value), 0);
  }
  const stats = await redis.info('commandstats');
  counts['Redis scripts'] = [...stats.matchAll(REDIS_CALLS)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  return counts;
}
