// Where MySQL and Redis come from, each on its own, in this order: (1) the URL that was given; (2) an installed program, started
// privately; (3) a Docker engine; (4) Debian packages, installed, then as (2); (5) an error that says what to do.
// A server that merely listens on a standard port is somebody's data and is never used.

import path from 'node:path';
import { hasComposeEngine, startComposeServers } from './compose-servers.ts';
import { type DevstackConfig, readDevstackConfig, readInheritedEnvironment } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { DevstackError } from './errors.ts';
import { findMysqlProgram, findRedisProgram } from './find-programs.ts';
import type { FoundServer } from './found-server.ts';
import { canInstallPackages, installPackages } from './install-packages.ts';
import type { ManagedProcess, ProcessExit } from './managed-process.ts';
import { endLeftProcesses } from './pid-file.ts';
import { makePrivateDirectory } from './private-file.ts';
import type { PrivateServer } from './private-server.ts';
import { probeGivenMysql, probeGivenRedis } from './probe-servers.ts';
import { findMysqlDataFlavor, startMysql } from './start-mysql.ts';
import { startRedis } from './start-redis.ts';

export interface Servers {
  mysqlUrl: string;
  redisUrl: string;
  /** Such as "MariaDB 10.11.19, private, port 41234". */
  descriptions: { mysql: string; redis: string };
  /** The processes of private servers; absent for servers that somebody else runs. */
  mysql?: ManagedProcess;
  redis?: ManagedProcess;
  stop: () => Promise<void>;
}

export interface StartServersOptions {
  /** Gets the data, the logs and the passwords; made when it is missing. One stack or set of servers at a time. */
  directory: string;
  /** Told what takes long. */
  report: (line: string) => void;
  purpose: 'stack' | 'tests';
  /** Servers to use; BATON_MYSQL_URL and BATON_REDIS_URL unless given. */
  mysqlUrl?: string;
  redisUrl?: string;
  /** Whether Debian packages may be installed when all else fails; true unless given. */
  mayInstall?: boolean;
  /** Where the settings are read; the process's own environment unless given. */
  environment?: NodeJS.ProcessEnv;
  /** Folders in which programs are looked for; those of PATH and the usual ones unless given. */
  searchFolders?: string[];
  /** For tests of servers that are set otherwise: options of a private MySQL, which win over those of this package. */
  mysqlOptions?: readonly string[];
  /** ... and statements that it runs whenever it starts, after those that make its user `'baton'@'127.0.0.1'`. */
  mysqlStatements?: readonly string[];
  /** Called when a private server ended by itself after it had been ready. */
  onUnexpectedExit?: (server: ManagedProcess, exit: ProcessExit) => void;
}

/**
 * Finds or starts MySQL (or MariaDB) and Redis (or Valkey), each by the first way that works of those above.
 * @throws DevstackError when there is no way, when a given server cannot be used, or when the directory is in use
 */
export async function startServers(options: StartServersOptions): Promise<Servers> {
  const release = await takeDirectory(options.directory);
  try {
    const servers = await launchServers(options);
    return {
      ...servers,
      async stop() {
        await servers.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Makes a directory this process's own and ends what a killed owner left running there.
 * @returns what gives it back
 * @throws DevstackError when a living process has it
 */
export async function takeDirectory(directory: string): Promise<() => void> {
  makePrivateDirectory(directory);
  const release = lockDirectory(directory);
  try {
    await endLeftProcesses(path.join(directory, 'pids'));
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

/** As startServers, in a directory that the caller has taken. */
export async function launchServers(given: StartServersOptions): Promise<Servers> {
  const options = { ...given, directory: path.resolve(given.directory) };
  const config = readDevstackConfig(options.environment);
  if (options.mysqlUrl) config.mysqlUrl = options.mysqlUrl;
  if (options.redisUrl) config.redisUrl = options.redisUrl;
  if (options.searchFolders) config.searchFolders = options.searchFolders;
  const ways = await findWays(options, config);
  const [mysql, redis] = await Promise.allSettled([ways.mysql(), ways.redis()]);
  if (mysql.status === 'fulfilled' && redis.status === 'fulfilled') return combine(mysql.value, redis.value);
  if (mysql.status === 'fulfilled') await mysql.value.stop();
  if (redis.status === 'fulfilled') await redis.value.stop();
  throw mysql.status === 'rejected' ? mysql.reason : redis.status === 'rejected' ? redis.reason : undefined;
}

function combine(mysql: FoundServer, redis: FoundServer): Servers {
  return {
    mysqlUrl: mysql.url,
    redisUrl: redis.url,
    descriptions: { mysql: mysql.description, redis: redis.description },
    ...(mysql.process ? { mysql: mysql.process } : {}),
    ...(redis.process ? { redis: redis.process } : {}),
    async stop() {
      await Promise.all([mysql.stop(), redis.stop()]);
    },
  };
}

// The client package is needed for one program in it, my_print_defaults.
const MARIADB_PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];
const REDIS_PACKAGE = 'redis-server';

type Way = () => Promise<FoundServer>;

async function findWays(options: StartServersOptions, config: DevstackConfig): Promise<{ mysql: Way; redis: Way }> {
  const [mysql, redis] = await Promise.all([findMysqlWay(options, config), findRedisWay(options, config)]);
  if (mysql && redis) return { mysql, redis };
  const { directory, report, purpose } = options;
  if (await hasComposeEngine(config)) {
    const compose = { directory, report, purpose, config, withMysql: !mysql, withRedis: !redis };
    const containers = await startComposeServers(compose);
    return { mysql: mysql ?? containers.mysql, redis: redis ?? containers.redis };
  }
  const missing = [...(mysql ? [] : MARIADB_PACKAGES), ...(redis ? [] : [REDIS_PACKAGE])];
  if (options.mayInstall === false || !canInstallPackages(config)) throw nothingFound(missing);
  await installPackages(missing, report);
  const installed = { mysql: await findMysqlWay(options, config), redis: await findRedisWay(options, config) };
  if (!installed.mysql || !installed.redis) {
    throw new DevstackError(
      `${missing.join(' and ')} installed, but too old: Baton needs MariaDB 10.11 or MySQL 8.4, and Redis 7. Set BATON_MYSQL_URL and BATON_REDIS_URL to newer servers.`,
    );
  }
  return { mysql: installed.mysql, redis: installed.redis };
}

async function findMysqlWay(options: StartServersOptions, config: DevstackConfig): Promise<Way | null> {
  const url = config.mysqlUrl;
  if (url) return () => useGivenServer(url, probeGivenMysql(url, 'BATON_MYSQL_URL'));
  const program = await findMysqlProgram(config, findMysqlDataFlavor(options.directory) ?? 'mysql');
  const environment = readInheritedEnvironment(options.environment);
  return program && (async () => usePrivateServer(await startMysql({ ...options, program, environment })));
}

async function findRedisWay(options: StartServersOptions, config: DevstackConfig): Promise<Way | null> {
  const url = config.redisUrl;
  if (url) return () => useGivenServer(url, probeGivenRedis(url, 'BATON_REDIS_URL'));
  const program = await findRedisProgram(config);
  const environment = readInheritedEnvironment(options.environment);
  return program && (async () => usePrivateServer(await startRedis({ ...options, program, environment })));
}

async function useGivenServer(url: string, probing: Promise<string>): Promise<FoundServer> {
  return { url, description: `${await probing}, given, at ${new URL(url).host}`, stop: async () => undefined };
}

function usePrivateServer(server: PrivateServer): FoundServer {
  const { url, description, process: managed } = server;
  return { url, description, process: managed, stop: () => managed.stop() };
}

const INSTALL_LINES = [
  'Debian, Ubuntu:  sudo apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core redis-server',
  'Fedora:          sudo dnf install -y mariadb-server valkey',
  'macOS:           brew install mysql redis',
];

function nothingFound(missing: readonly string[]): DevstackError {
  const names = [
    ...(missing.includes(REDIS_PACKAGE) ? ['Redis (or Valkey)'] : []),
    ...(missing.some((name) => name !== REDIS_PACKAGE) ? ['MySQL (or MariaDB)'] : []),
  ];
  return new DevstackError(
    [
      `${names.join(' and ')} is needed: there is no installed server program, no Docker engine that answers, and no URL given. Do one of these:`,
      ...INSTALL_LINES.map((line) => `  ${line}`),
      '  or start a Docker engine, or set BATON_MYSQL_URL and BATON_REDIS_URL to servers of yours.',
    ].join('\n'),
  );
}
