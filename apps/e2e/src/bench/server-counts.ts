import { selectRows, type Database } from '@baton/database';
import type { Redis } from '@baton/queue';

/** What servers were asked to do so far, by name; servers count all that they do, so nothing else may use them. */
export type ServerCounts = Readonly<Record<string, number>>;

const MYSQL_COUNTS = {
  statements: 'Questions',
  commits: 'Com_commit',
  rowsRead: 'Innodb_rows_read',
  rowsInserted: 'Innodb_rows_inserted',
  rowsUpdated: 'Innodb_rows_updated',
} as const;

/** @param redis a connection of its own */
export async function readServerCounts(database: Database, redis: Redis): Promise<ServerCounts> {
  const rows = await selectRows<{ Variable_name: string; Value: string }>(database.dataSource, 'SHOW GLOBAL STATUS');
  const status = new Map(rows.map(({ Variable_name: name, Value: value }) => [name, Number(value)]));
  const counts: Record<string, number> = {};
  for (const [name, variable] of Object.entries(MYSQL_COUNTS)) counts[name] = status.get(variable) ?? 0;
  const stats = await redis.info('commandstats');
  for (const [, command = '', calls] of stats.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)) counts[`redis ${command}`] = Number(calls);
  const all = Object.entries(counts).filter(([name]) => /^redis (evalsha|eval|bzpopmin|publish|hmget|hget|client)/.test(name));
  counts['redisCalls'] = all.reduce((sum, [, calls]) => sum + calls, 0);
  return counts;
}

export function subtractCounts(after: ServerCounts, before: ServerCounts): ServerCounts {
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}
