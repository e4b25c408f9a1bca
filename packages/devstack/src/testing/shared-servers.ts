import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishTestServerUrls, readTestServerUrls } from '../config.ts';
import { startServers } from '../start-servers.ts';

/**
 * Starts the servers that all tests of a run share, in a temporary directory, and publishes their URLs to the processes that run tests.
 * BATON_TEST_MYSQL_URL and BATON_TEST_REDIS_URL name others to use instead.
 * @returns what stops them and removes the directory
 */
export async function startSharedServers(): Promise<() => Promise<void>> {
  const given = readTestServerUrls();
  const directory = mkdtempSync(path.join(tmpdir(), 'baton-test-'));
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const servers = await startServers({ directory, report, purpose: 'tests', ...given });
    publishTestServerUrls(servers);
    const { mysql, redis } = servers.descriptions;
    report(`Test servers: ${mysql}; ${redis}.`);
    return async () => {
      await servers.stop();
      rmSync(directory, { recursive: true, force: true });
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}
