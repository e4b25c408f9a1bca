import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { DevstackConfig } from './config.ts';
import { DevstackError } from './errors.ts';
import { runCommand } from './run-command.ts';

export interface MysqlProgram {
  flavor: 'mysql' | 'mariadb';
  /** Three numbers, such as 10.11.19. */
  version: string;
  /** The server program as words; server options may be appended. */
  command: string[];
  /** What makes a new data directory; MySQL's server does that itself. */
  installCommand?: string[];
}

export interface RedisProgram {
  flavor: 'redis' | 'valkey';
  version: string;
  command: string[];
}

/** The oldest versions that Baton is tested with (SPEC section 4). */
export const OLDEST_VERSIONS = { mysql: '8.4.0', mariadb: '10.11.0', redis: '7.0.0', valkey: '8.0.0' };
export const FLAVOR_NAMES = { mysql: 'MySQL', mariadb: 'MariaDB', redis: 'Redis', valkey: 'Valkey' };
const VERSION_TIMEOUT_MS = 10_000;

/**
 * Looks for an installed MySQL or MariaDB server; MySQL proper comes first unless told otherwise.
 * @param preferred the flavor that comes first, because there is data of it
 * @returns null when there is none that is new enough
 * @throws DevstackError when BATON_DEVSTACK_MYSQLD names something that is not one
 */
export async function findMysqlProgram(
  config: DevstackConfig,
  preferred: MysqlProgram['flavor'] = 'mysql',
): Promise<MysqlProgram | null> {
  if (config.mysqldCommand) {
    const program = await readMysqlProgram(config.mysqldCommand, config.searchFolders);
    if (program) return program;
    throw notAServer('BATON_DEVSTACK_MYSQLD', config.mysqldCommand, 'MySQL 8.4 or MariaDB 10.11, or newer');
  }
  const candidates = findAll(['mysqld', 'mariadbd'], config.searchFolders);
  const programs = await Promise.all(candidates.map((file) => readMysqlProgram([file], config.searchFolders)));
  const usable = programs.filter((program) => program !== null);
  return usable.find(({ flavor }) => flavor === preferred) ?? usable[0] ?? null;
}

/**
 * Looks for an installed Valkey or Redis server.
 * @returns null when there is none that is new enough
 * @throws DevstackError when BATON_DEVSTACK_REDIS_SERVER names something that is not one
 */
export async function findRedisProgram(config: DevstackConfig): Promise<RedisProgram | null> {
  if (config.redisServerCommand) {
    const program = await readRedisProgram(config.redisServerCommand);
    if (program) return program;
    throw notAServer('BATON_DEVSTACK_REDIS_SERVER', config.redisServerCommand, 'Redis 7 or Valkey 8, or newer');
  }
  for (const file of findAll(['valkey-server', 'redis-server'], config.searchFolders)) {
    const program = await readRedisProgram([file]);
    if (program) return program;
  }
  return null;
}

/** The first of the folders' files with this name that may be executed, or null. */
export function findProgram(name: string, folders: readonly string[]): string | null {
  return findAll([name], folders)[0] ?? null;
}

/** Compares versions number by number. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [found, wanted] = [version.split('.').map(Number), oldest.split('.').map(Number)];
  for (const [index, number] of wanted.entries()) {
    const difference = (found[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function readMysqlProgram(command: string[], folders: readonly string[]): Promise<MysqlProgram | null> {
  const { stdout } = await runCommand([...command, '--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  // "mysqld  Ver 9.7.0 for Linux on x86_64 ..." or "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu ..."
  const match = /Ver (\d+\.\d+\.\d+)(.*)/.exec(stdout);
  if (!match?.[1]) return null;
  const flavor = /mariadb/i.test(match[2] ?? '') ? 'mariadb' : 'mysql';
  if (!isAtLeast(match[1], OLDEST_VERSIONS[flavor])) return null;
  if (flavor === 'mysql') return { flavor, version: match[1], command };
  const installer = findProgram('mariadb-install-db', folders) ?? findProgram('mysql_install_db', folders);
  // The installer is a script around this second program, which Debian has in another package.
  if (installer === null || findProgram('my_print_defaults', folders) === null) return null;
  return { flavor, version: match[1], command, installCommand: [installer] };
}

async function readRedisProgram(command: string[]): Promise<RedisProgram | null> {
  const { stdout } = await runCommand([...command, '--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  // "Redis server v=7.0.15 sha=..." or "Valkey server v=8.1.1 sha=..."
  const match = /(Redis|Valkey) server v=(\d+\.\d+\.\d+)/.exec(stdout);
  if (!match?.[2]) return null;
  const flavor = match[1] === 'Valkey' ? 'valkey' : 'redis';
  return isAtLeast(match[2], OLDEST_VERSIONS[flavor]) ? { flavor, version: match[2], command } : null;
}

function findAll(names: readonly string[], folders: readonly string[]): string[] {
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)).filter(isExecutableFile));
}

function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: both mean that it cannot be used
  }
}

function notAServer(variable: string, command: readonly string[], wanted: string): DevstackError {
  return new DevstackError(`${variable} is "${command.join(' ')}", but that does not start ${wanted}.`);
}
