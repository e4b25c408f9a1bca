import { expect, test } from '@jest/globals';
import { getPriority } from 'node:os';
import { loadConfig } from './config.ts';
import { startRunner } from './prepare-worker.ts';
import { makeRequest } from './runner/testing/open-runner.ts';
import { makeDirectory, recordEvents } from './testing.ts';

test('scripts are as nice as BATON_NICE says', async () => {
  const directory = await makeDirectory();
  const config = loadConfig({
    BATON_REDIS_URL: 'redis://127.0.0.1:6379/0',
    BATON_API_URL: 'http://127.0.0.1:3000',
    BATON_WORKER_TOKEN: 'token',
    BATON_WORKER_DIRECTORY: directory.path,
    BATON_CONCURRENCY: '1',
    BATON_NICE: '3',
    // What every host permits.
    BATON_ISOLATION: 'process-group',
  });
  const runner = await startRunner(config, recordEvents().logger, { leaseMs: 15_000, heartbeatMs: 4_000 });
  const chunks: Buffer[] = [];
  const request = makeRequest('nice', { onOutput: async (chunk) => void chunks.push(chunk) });
  expect(await runner.run(request).result).toMatchObject({ exitCode: 0 });
  expect(Buffer.concat(chunks).toString()).toBe(`${Math.min(getPriority() + 3, 19)}\n`);
  await runner.close();
  await directory.remove();
});
