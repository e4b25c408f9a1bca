import { afterAll, beforeAll } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './testing.ts';

/**
 * A database of the calling test file's own: made before its first test and before whatever it prepares itself, gone after
 * its last one.
 * @returns empty until then: to be handed on whole, and taken apart only in hooks and tests
 */
export function useTestDatabase(options: TestDatabaseOptions = {}): TestDatabase {
  const database = {} as TestDatabase;
  beforeAll(async () => {
    Object.assign(database, await createTestDatabase(testServers().mysqlUrl, options));
  });
  afterAll(() => database.close());
  return database;
}
