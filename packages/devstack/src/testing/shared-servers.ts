import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishTestServerUrls, readTestServerUrls } from '../config.ts';
import { startServers } from '../start-servers.ts';

/** Linux keeps it in memory, where it is at all; in a container it may be small. */
const MEMORY_FOLDER = '/dev/shm';
const NEEDED_BYTES = 2 * 1024 ** 3;

/**
 * Starts the servers that all tests of a run share, in a temporary directory, and publishes their URLs to the processes that run tests.
 * Nobody kills these, so what they commit need not survive: they are kept in memory where there is enough. Each test file makes all
 * tables, and a disk makes it wait for every one.
 * BATON_TEST_MYSQL_URL and BATON_TEST_REDIS_URL name others to use instead.
 * @returns what stops them and removes the directory
 */
export async function startSharedServers(): Promise<() => Promise<void>> {
  const given = readTestServerUrls();
  const directory = mkdtempSync(path.join(hasRoomInMemory() ? MEMORY_FOLDER : tmpdir(), 'baton-test-'));
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

function hasRoomInMemory(): boolean {
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false; // there is no such folder, or it is not ours to write to
  }
}
