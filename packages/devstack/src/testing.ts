import { readTestServerUrls } from './config.ts';

export { readTestRounds } from './config.ts';

/**
 * The MySQL (or MariaDB) and Redis (or Valkey) that the tests of this run share. A test makes its own database (`baton_test_...`, the user
 * may) and its own key prefix in them.
 * @throws Error when the tests were not started by jest with the repository's configuration
 */
export function testServers(): { mysqlUrl: string; redisUrl: string } {
  const { mysqlUrl, redisUrl } = readTestServerUrls();
  if (mysqlUrl && redisUrl) return { mysqlUrl, redisUrl };
  throw new Error('There are no test servers: run the tests with "npm test", whose global set-up starts them.');
}
