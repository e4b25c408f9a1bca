import { describeError, DevstackError, findErrorCode } from './errors.ts';
import { FLAVOR_NAMES, isAtLeast, OLDEST_VERSIONS } from './find-programs.ts';

// The two drivers are loaded where a server is probed: every command of the CLI starts in half the time without them.

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Connects to a MySQL or MariaDB server and asks for its version.
 * @returns for example "MariaDB 10.11.19"
 * @throws DevstackError when it is too old; the driver's error when it does not answer or refuses
 */
export async function probeMysql(mysqlUrl: string): Promise<string> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: mysqlUrl, connectTimeout: CONNECT_TIMEOUT_MS });
  connection.on('error', () => undefined); // a server that goes away during the probe also rejects the query below
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    const version = readVersionColumn(rows);
    const flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
    return checkVersion(flavor, version);
  } finally {
    connection.destroy();
  }
}

/**
 * Connects to a Redis or Valkey server and asks for its version and its eviction policy.
 * @returns for example "Redis 7.0.15"
 * @throws DevstackError when it is too old or may evict; the driver's error when it does not answer or refuses
 */
export async function probeRedis(redisUrl: string): Promise<string> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => (cause = error)); // connect() rejects with "Connection is closed." only
  try {
    await redis.connect();
    const info = await redis.info();
    if (/^loading:1/m.test(info)) throw new Error('it is still loading its data');
    checkEvictionPolicy(/^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction');
    const valkeyVersion = /^valkey_version:(\S+)/m.exec(info)?.[1];
    if (valkeyVersion) return checkVersion('valkey', valkeyVersion);
    return checkVersion('redis', /^redis_version:(\S+)/m.exec(info)?.[1] ?? '0');
  } catch (error) {
    throw cause ?? error;
  } finally {
    // On a connection that has ended already, disconnect() leaves a timer of two seconds behind.
    if (redis.status !== 'end') redis.disconnect();
  }
}

/** Probes a MySQL server that somebody named. @throws DevstackError that says what is wrong and what to do */
export async function probeGivenMysql(mysqlUrl: string, nameOfUrl: string): Promise<string> {
  const shown = checkUrl(mysqlUrl, {
    nameOfUrl,
    protocols: ['mysql:'],
    example: 'mysql://user:password@host:3306/baton',
  });
  if (new URL(mysqlUrl).pathname.length < 2) {
    throw new DevstackError(
      `${nameOfUrl} (${shown}) names no database: expected mysql://user:password@host:3306/baton.`,
    );
  }
  try {
    return await probeMysql(mysqlUrl);
  } catch (error) {
    throw explain(error, { nameOfUrl, shown, server: 'MySQL or MariaDB' });
  }
}

/** Probes a Redis server that somebody named. @throws DevstackError that says what is wrong and what to do */
export async function probeGivenRedis(redisUrl: string, nameOfUrl: string): Promise<string> {
  const protocols = ['redis:', 'rediss:'];
  const shown = checkUrl(redisUrl, { nameOfUrl, protocols, example: 'redis://:password@host:6379/0' });
  try {
    return await probeRedis(redisUrl);
  } catch (error) {
    throw explain(error, { nameOfUrl, shown, server: 'Redis or Valkey' });
  }
}

function checkUrl(url: string, expected: { nameOfUrl: string; protocols: string[]; example: string }): string {
  if (!URL.canParse(url) || !expected.protocols.includes(new URL(url).protocol)) {
    throw new DevstackError(`${expected.nameOfUrl} is not a URL like ${expected.example}.`); // not shown: it may hold a password
  }
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

// The number or code of an error -> what the person can do about it.
const ADVICE: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens there: start the server, or correct host and port.',
  ENOTFOUND: 'There is no such host: correct its name.',
  EAI_AGAIN: 'The name of the host cannot be resolved just now.',
  ETIMEDOUT: 'It does not answer: correct host and port, or open the way to it.',
  ER_ACCESS_DENIED_ERROR: 'Correct the user and the password (percent-encoded in the URL).',
  ER_DBACCESS_DENIED_ERROR: 'Give the user all privileges on that database.',
  ER_BAD_DB_ERROR: 'Create the database, or correct its name.',
};

function explain(error: unknown, context: { nameOfUrl: string; shown: string; server: string }): DevstackError {
  const what = describeError(error);
  const advice =
    ADVICE[findErrorCode(error)] ??
    (/NOAUTH|WRONGPASS|invalid password/i.test(what) ? 'Correct the password (percent-encoded in the URL).' : '');
  const where = `${context.server} at ${context.nameOfUrl} (${context.shown})`;
  return new DevstackError(`${where} cannot be used: ${what}. ${advice}`.replaceAll('..', '.').trim(), {
    cause: error,
  });
}

function checkEvictionPolicy(policy: string): void {
  if (policy === 'noeviction') return;
  throw new DevstackError(
    `its maxmemory-policy is ${policy}, so it may throw queued tracks away; expected noeviction (CONFIG SET maxmemory-policy noeviction, and the same in its configuration file)`,
  );
}

function checkVersion(flavor: keyof typeof FLAVOR_NAMES, text: string): string {
  const version = /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? text;
  if (isAtLeast(version, OLDEST_VERSIONS[flavor])) return `${FLAVOR_NAMES[flavor]} ${version}`;
  throw new DevstackError(`it is ${FLAVOR_NAMES[flavor]} ${version}; expected ${OLDEST_VERSIONS[flavor]} or newer`);
}

function readVersionColumn(rows: unknown): string {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof row === 'object' && row !== null && 'version' in row ? String(row.version) : '';
}
