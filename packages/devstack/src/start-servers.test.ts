import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { readDevstackConfig } from './config.ts';
import { findFreePort } from './free-port.ts';
import { findProcessIdentity } from './process-identity.ts';
import { type Servers, startServers, type StartServersOptions } from './start-servers.ts';
import { bundleSource } from './testing/bundle-source.mjs';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';
import { testServers } from './testing.ts';
import { pollUntil } from './wait.ts';

// Without the URLs that the suite may have been given: these tests start servers of their own, from the same programs as the suite's.
const { mysqldCommand = [], redisServerCommand = [] } = readDevstackConfig();
const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  BATON_DEVSTACK_MYSQLD: mysqldCommand.join(' '),
  BATON_DEVSTACK_REDIS_SERVER: redisServerCommand.join(' '),
};

let folder: ReturnType<typeof makeTemporaryDirectory>;
let started: Servers[];
const removeAfterwards: string[] = [];

beforeEach(() => {
  folder = makeTemporaryDirectory();
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((servers) => servers.stop()));
  const pids = started.flatMap(({ mysql, redis }) => [mysql?.pid ?? 0, redis?.pid ?? 0]).filter((pid) => pid > 0);
  expect(pids.map(findProcessIdentity).filter((identity) => identity !== null)).toEqual([]);
  folder.remove();
  for (const file of removeAfterwards.splice(0)) rmSync(file);
});

async function start(options: Partial<StartServersOptions> = {}): Promise<Servers> {
  const servers = await startServers({
    directory: folder.directory,
    report: () => undefined,
    purpose: 'tests',
    environment: ENVIRONMENT,
    ...options,
  });
  started.push(servers);
  return servers;
}

async function query(mysqlUrl: string, statement: string): Promise<unknown> {
  const connection = await createConnection(mysqlUrl);
  try {
    const [rows] = await connection.query(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

function makeRedis(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null, enableReadyCheck: false });
  return redis.on('error', () => undefined); // the command that meets it is rejected with it
}

test('data survives a stop and a new start in the same directory, with new passwords', async () => {
  const first = await start();
  await query(first.mysqlUrl, 'CREATE TABLE kept (id INT PRIMARY KEY)');
  await query(first.mysqlUrl, 'INSERT INTO kept VALUES (7)');
  const redis = makeRedis(first.redisUrl);
  await redis.set('kept', 'yes');
  await redis.quit();
  await first.stop();

  const second = await start();
  await expect(query(second.mysqlUrl, 'SELECT id FROM kept')).resolves.toEqual([{ id: 7 }]);
  const again = makeRedis(second.redisUrl);
  await expect(again.get('kept')).resolves.toBe('yes');
  await again.quit();
  expect(new URL(second.mysqlUrl).password).not.toBe(new URL(first.mysqlUrl).password);
});

test('the user may make databases for tests and no others, and nobody gets in without a password', async () => {
  const { mysqlUrl, redisUrl } = await start();
  await query(mysqlUrl, 'CREATE DATABASE baton_test_1');
  await expect(query(mysqlUrl, 'CREATE DATABASE other')).rejects.toThrow(/denied/i);
  const root = new URL(mysqlUrl);
  root.username = 'root';
  root.password = '';
  await expect(query(root.href, 'SELECT 1')).rejects.toThrow(/denied/i);
  const nobody = makeRedis(`redis://${new URL(redisUrl).host}`);
  await expect(nobody.get('x')).rejects.toThrow(/NOAUTH/);
  nobody.disconnect();
  for (const name of ['mysql-users.sql', 'redis.conf']) {
    expect(statSync(path.join(folder.directory, name)).mode & 0o777).toBe(0o600);
  }
});

test('MySQL is durable, in utf8mb4 and UTC, with its own temporary folder; Redis never evicts', async () => {
  const { mysqlUrl, redisUrl } = await start();
  const settings = await query(
    mysqlUrl,
    'SELECT @@innodb_flush_log_at_trx_commit AS flush, @@character_set_server AS charset, @@global.time_zone AS zone, @@local_infile AS local_files',
  );
  expect(settings).toEqual([{ flush: 1, charset: 'utf8mb4', zone: '+00:00', local_files: 0 }]);
  const folders = await query(mysqlUrl, 'SELECT @@tmpdir AS folder');
  expect(folders).toEqual([{ folder: path.join(folder.directory, 'mysql-tmp') }]);
  const redis = makeRedis(redisUrl);
  await expect(redis.config('GET', 'maxmemory-policy')).resolves.toEqual(['maxmemory-policy', 'noeviction']);
  await expect(redis.config('GET', 'appendonly')).resolves.toEqual(['appendonly', 'yes']);
  await redis.quit();
});

test('a second stack in the directory is refused and told who has it', async () => {
  await start();
  await expect(start()).rejects.toThrow(new RegExp(`already running in ${folder.directory}.*process ${process.pid}`));
});

test('a server can be killed and started again at the same address', async () => {
  const servers = await start();
  servers.mysql?.kill('SIGKILL');
  await expect(servers.mysql?.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  await servers.mysql?.restart();
  await expect(query(servers.mysqlUrl, 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
});

test('servers end when the process that started them is killed, and their directory can be used at once', async () => {
  const script = await bundleSource(path.join(import.meta.dirname, 'testing/hold-servers.ts'));
  removeAfterwards.push(script);
  const parent = spawn(process.execPath, [script, folder.directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ENVIRONMENT,
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const { pids, mysqlUrl } = JSON.parse(line) as { pids: number[]; mysqlUrl: string };
  expect(pids.every((pid) => findProcessIdentity(pid) !== null)).toBe(true);
  await query(mysqlUrl, 'CREATE TABLE kept (id INT PRIMARY KEY)');
  parent.kill('SIGKILL');
  await once(parent, 'exit');

  const servers = await start();
  await expect(query(servers.mysqlUrl, 'SELECT COUNT(*) AS rows_found FROM kept')).resolves.toEqual([
    { rows_found: 0 },
  ]);
  const ended = await pollUntil(
    () => (pids.every((pid) => findProcessIdentity(pid) === null) ? true : undefined),
    10_000,
  );
  expect(ended).toBe(true);
});

test('given servers are used, and left running', async () => {
  const given = testServers();
  const servers = await start(given);
  expect(servers).toMatchObject(given);
  expect(servers.descriptions.mysql).toMatch(/^(MariaDB|MySQL) \d+\.\d+\.\d+, given, at 127\.0\.0\.1:\d+$/);
  await servers.stop();
  await expect(query(given.mysqlUrl, 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
});

test('one server may be given and the other found', async () => {
  const { redisUrl } = testServers();
  const servers = await start({ environment: { ...ENVIRONMENT, BATON_REDIS_URL: redisUrl } });
  expect(servers.redis).toBeUndefined();
  expect(servers.mysql?.pid).toBeGreaterThan(0);
});

test('a URL that does not work is explained, without its password', async () => {
  const { redisUrl } = testServers();
  const port = await findFreePort();
  const refused = start({ mysqlUrl: `mysql://me:hidden@127.0.0.1:${port}/baton`, redisUrl });
  await expect(refused).rejects.toThrow(/BATON_MYSQL_URL \(mysql:\/\/me:\*\*\*@.*ECONNREFUSED.*Nothing listens there/);
  await expect(refused).rejects.not.toThrow(/hidden/);
  await expect(start({ mysqlUrl: 'postgres://x/y', redisUrl })).rejects.toThrow(/expected|is not a URL like mysql:/);
});

test('a wrong password and a missing database are explained', async () => {
  const { mysqlUrl, redisUrl } = testServers();
  const wrongPassword = new URL(mysqlUrl);
  wrongPassword.password = 'wrong';
  await expect(start({ mysqlUrl: wrongPassword.href, redisUrl })).rejects.toThrow(/Correct the user and the password/);
  const noDatabase = new URL(mysqlUrl);
  noDatabase.pathname = '/baton_nowhere';
  await expect(start({ mysqlUrl: noDatabase.href, redisUrl })).rejects.toThrow(/Create the database/);
  const wrongRedis = new URL(redisUrl);
  wrongRedis.password = 'wrong';
  await expect(start({ mysqlUrl, redisUrl: wrongRedis.href })).rejects.toThrow(/BATON_REDIS_URL.*Correct the password/);
});

test('a Redis that may evict is refused', async () => {
  const own = await start();
  const redis = makeRedis(own.redisUrl);
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.quit();
  const other = makeTemporaryDirectory();
  const evicting = start({ directory: other.directory, mysqlUrl: own.mysqlUrl, redisUrl: own.redisUrl });
  await expect(evicting).rejects.toThrow(/maxmemory-policy is allkeys-lru.*expected noeviction/);
  other.remove();
});

test('without programs, engine and leave to install, the error says what to do', async () => {
  const nowhere = start({ environment: { PATH: '' }, mayInstall: false, searchFolders: [folder.directory] });
  await expect(nowhere).rejects.toThrow(/Debian, Ubuntu: .*apt-get install[\s\S]*dnf install[\s\S]*brew install/);
});

test('starting and stopping many times leaves nothing behind', async () => {
  for (let round = 1; round <= 5; round += 1) {
    const servers = await start();
    await expect(query(servers.mysqlUrl, 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await servers.stop();
  }
});
