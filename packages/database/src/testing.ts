import { randomBytes } from 'node:crypto';
import { openDatabase, type Database } from './data-source.ts';
import { migrate } from './migrate.ts';

export * from './testing-flow.ts';
export * from './testing-proxy.ts';
export * from './testing-lock.ts';
export * from './testing-rows.ts';
export { claimAll, claimRuns, countRunning, makePoolName } from './testing-limits.ts';
export * from './testing-schedules.ts';
export { dumpSchema } from './testing-schema.ts';

/** A database of a test's own, migrated unless told otherwise, dropped by `close`. */
export interface TestDatabase extends Database {
  url: string;
}

export interface TestDatabaseOptions {
  poolSize?: number;
  criticalPath?: boolean;
  isEmpty?: boolean;
  sendsTogether?: boolean;
}

/**
 * Makes a new database beside the one that the URL names.
 * @param serverUrl of a server where the user may create databases named `baton_test_...`
 */
export async function createTestDatabase(
  serverUrl: string,
  { isEmpty = false, ...options }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const name = `baton_test_${randomBytes(6).toString('hex')}`;
  const server = await openDatabase({ url: serverUrl, poolSize: 1 });
  await server.dataSource.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await server.close();
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const database = await openDatabase({ url, ...options });
  if (!isEmpty) await migrate(database);
  return {
    ...database,
    url,
    async close() {
      await database.dataSource.query(`DROP DATABASE ${name}`);
      await database.close();
    },
  };
}
