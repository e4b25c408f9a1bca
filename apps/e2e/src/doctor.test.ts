import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FINDING_CODES } from '@baton/domain';
import { connectRedis } from '@baton/queue';
import { COUNTERS, LEGS } from '@baton/service';
import { ROOT } from './read-sources.ts';
import { waitUntil } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** `baton doctor` beside a whole Baton, whose servers are set otherwise while it runs. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({
    ownServers: { mysqlStatements: [`GRANT ALL ON *.* TO 'baton'@'127.0.0.1';`] },
    workers: 1,
  });
}, 120_000);

afterAll(() => stack.stop());

interface Examination {
  findings: { code: string; severity: string }[];
  processes: { kind: string }[];
}

async function examine(): Promise<{ exitCode: number | undefined; findings: string[]; kinds: string[] }> {
  const { exitCode, stdout } = await runCli(stack, ['doctor', '--json']);
  const { findings, processes } = JSON.parse(stdout) as Examination;
  return {
    exitCode,
    // Where namespaces are not to be had the tests' workers do without.
    findings: findings.map(({ code }) => code).filter((code) => code !== 'weak_isolation'),
    kinds: [...new Set(processes.map(({ kind }) => kind))].toSorted(),
  };
}

test('all is well, and then settings are changed under it', async () => {
  await waitUntil(examine, ({ kinds }) => kinds.length === 3);
  expect(await examine()).toMatchObject({ findings: [], kinds: ['api', 'orchestrator', 'worker'] });
  await stack.database.dataSource.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2');
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: 'unused' }, 'consumer', () => {}); // nothing goes away
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await examine()).toMatchObject({ exitCode: 1, findings: ['mysql_not_durable', 'redis_evicts'] });
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  redis.disconnect();
  await stack.database.dataSource.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
  expect((await examine()).findings).toEqual([]);
}, 60_000);

test('docs/doctor.md lists exactly the findings, the counters and the legs', () => {
  const text = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
  const [findings = '', counted = ''] = text.split('\n## What is counted\n');
  const firstCells = (part: string): unknown[] => [...part.matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, cell]) => cell);
  expect(firstCells(findings)).toEqual([...FINDING_CODES]);
  expect(firstCells(counted).filter((cell) => !String(cell).startsWith('baton_'))).toEqual(Object.keys(LEGS));
  const counters = [...text.matchAll(/`baton_([a-z_]+)_total`/g)].map(([, name]) => name);
  expect(new Set(counters)).toEqual(new Set(Object.keys(COUNTERS)));
});
