import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@baton/database/testing';
import { startServers, type ProcessKind, type Servers } from '@baton/devstack';
import { connectRedis, waitForRedis, type Redis } from '@baton/queue';
import { uniquePrefix } from '@baton/queue/testing';
import { openRewritingLink, type Rewriting } from './testing/rewriting-link.ts';
import { runProgram, type ProgramStart } from './testing/run-program.ts';

/** Programs that would start with servers or settings under which Baton's promises do not hold, do not: they say why. */
let directory: string;
let servers: Servers;
let database: TestDatabase;
let redis: Redis;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'baton-unsafe-'));
  servers = await startServers({
    directory: join(directory, 'servers'),
    purpose: 'tests',
    report: () => {},
    mysqlOptions: [`--log-bin=${join(directory, 'binlog')}`, '--server-id=1', '--sync-binlog=1'],
    mysqlStatements: [`GRANT ALL ON *.* TO 'baton'@'127.0.0.1';`],
  });
  database = await createTestDatabase(servers.mysqlUrl);
  redis = connectRedis({ url: servers.redisUrl, prefix: 'unused' }, 'producer', () => {}); // nothing of it goes away
  await waitForRedis(redis, 10_000);
  environment = {
    BATON_MYSQL_URL: database.url,
    BATON_REDIS_URL: servers.redisUrl,
    BATON_REDIS_PREFIX: uniquePrefix(),
    BATON_PORT: '0',
  };
}, 120_000);

afterEach(async () => {
  await setGlobal('innodb_flush_log_at_trx_commit', '1');
  await setGlobal('sync_binlog', '1');
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
});

afterAll(async () => {
  redis.disconnect();
  await database.close();
  await servers.stop();
  await rm(directory, { recursive: true, force: true });
});

const setGlobal = (name: string, value: string): Promise<unknown> =>
  database.dataSource.query(`SET GLOBAL ${name} = ${value}`);

const start = (kind: ProcessKind, changes: Record<string, string> = {}): Promise<ProgramStart> =>
  runProgram(kind, { ...environment, ...changes });

/** Starts a program whose way to MySQL says other words. */
async function startOverLink(kind: ProcessKind, rewriting: Rewriting): Promise<ProgramStart> {
  const link = await openRewritingLink(database.url, rewriting);
  const started = await start(kind, { BATON_MYSQL_URL: link.url });
  await link.close();
  return started;
}

const WORKER = { BATON_API_URL: 'http://127.0.0.1:9', BATON_WORKER_TOKEN: 'x'.repeat(40) };

test('as they should be: both start, and say nothing', async () => {
  for (const kind of ['api', 'orchestrator'] as const) {
    const { isReady, lines } = await start(kind);
    expect([kind, isReady]).toEqual([kind, true]);
    expect(lines.filter(({ event }) => event === 'doubtful_setting')).toEqual([]);
  }
}, 60_000);

test.each(['api', 'orchestrator'] as const)('%s: a MySQL that does not flush at each commit', async (kind) => {
  await setGlobal('innodb_flush_log_at_trx_commit', '2');
  const { status, text } = await start(kind);
  expect(status).toBe(1);
  expect(text).toMatch(
    /mysql_not_durable: innodb_flush_log_at_trx_commit is 2: .* set innodb_flush_log_at_trx_commit = 1/,
  );
});

test('the binary log is on and not synced: a warning', async () => {
  await setGlobal('sync_binlog', '0');
  const { isReady, lines } = await start('orchestrator');
  expect(isReady).toBe(true);
  expect(lines).toContainEqual(
    expect.objectContaining({
      event: 'doubtful_setting',
      code: 'mysql_binlog_not_synced',
      advice: 'set sync_binlog = 1',
    }),
  );
});

test.each(['api', 'orchestrator'] as const)('%s: a MySQL that is too old', async (kind) => {
  const found = /^\d+\.\d+/.exec(database.version)?.[0] ?? '';
  const old = database.flavor === 'mariadb' ? '10.06' : '8.0';
  const { status, text } = await startOverLink(kind, { replies: [[`${found}.`, `${old.padEnd(found.length, '0')}.`]] });
  expect(status).toBe(1);
  expect(text).toMatch(
    /mysql_too_old: the server is \S+ \S+, older than .* MySQL 8.4 or newer, or MariaDB 10.11 or newer/,
  );
});

/** The session variable becomes one of the user's own: what is said is heard, and has no effect. */
const KEEPS_TO_ITSELF: Record<string, { rewriting: Rewriting; reason: RegExp }> = {
  'a strict sql_mode': {
    rewriting: { requests: [['sql_mode', '@sql_mod']] },
    reason: /mysql_not_strict: sql_mode of our sessions is .* connect without a proxy/,
  },
  'the isolation level': {
    rewriting: { requests: [['LEVEL READ COMMITTED', 'LEVEL SERIALIZABLE  ']] },
    reason: /mysql_isolation: the isolation level of our sessions is SERIALIZABLE/,
  },
};

test.each(Object.entries(KEEPS_TO_ITSELF))('a proxy that keeps %s to itself', async (_, { rewriting, reason }) => {
  await setGlobal('sql_mode', `''`);
  const { status, text } = await startOverLink('orchestrator', rewriting);
  expect(status).toBe(1);
  expect(text).toMatch(reason);
});

test.each(['api', 'orchestrator', 'worker'] as const)('%s: a Redis that evicts', async (kind) => {
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const own = kind === 'worker' ? { ...WORKER, BATON_WORKER_DIRECTORY: join(directory, 'worker') } : {};
  const { status, text } = await start(kind, own);
  expect(status).toBe(1);
  expect(text).toMatch(/redis_evicts: Redis has maxmemory-policy allkeys-lru.* set maxmemory-policy noeviction/);
});

test('a clock an hour ahead of the database: a warning', async () => {
  const ahead = 'const now = Date.now; Date.now = () => now() + 3600000';
  const { isReady, lines } = await start('api', {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
  });
  expect(isReady).toBe(true);
  expect(lines).toContainEqual(
    expect.objectContaining({
      code: 'clock_skew',
      msg: expect.stringMatching(/^the clock of this process is 3600 s ahead/),
    }),
  );
});

const NETWORK = { BATON_HOST: '0.0.0.0' };

test.each([
  [
    'a lease of three heartbeats',
    { BATON_LEASE_MS: '12000', BATON_HEARTBEAT_MS: '4000' },
    /BATON_LEASE_MS: expected more than 3 times/,
  ],
  ['no authentication off loopback', { ...NETWORK, BATON_AUTH: 'off' }, /BATON_AUTH: expected on, unless/],
  ['a short token', { ...NETWORK, BATON_ADMIN_TOKEN: 'short' }, /BATON_ADMIN_TOKEN: expected at least 32/],
  [
    'a repeated letter',
    { ...NETWORK, BATON_ADMIN_TOKEN: 'x'.repeat(40) },
    /BATON_ADMIN_TOKEN: expected a random token/,
  ],
  [
    'a placeholder',
    { ...NETWORK, BATON_WORKER_TOKEN: 'change-me-0123456789-abcdefghijklmnop' },
    /BATON_WORKER_TOKEN: expected a random/,
  ],
])('settings of the API: %s', async (_, changes, reason) => {
  const { status, text } = await start('api', changes);
  expect(status).toBe(78);
  expect(text).toMatch(reason);
});
