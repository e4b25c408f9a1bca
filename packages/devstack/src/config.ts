import path from 'node:path';

/** What the environment says about where servers come from. */
export interface DevstackConfig {
  /** Servers to use instead of private ones. */
  mysqlUrl?: string;
  redisUrl?: string;
  /** Command lines that replace the search for installed programs, as words. */
  mysqldCommand?: string[];
  redisServerCommand?: string[];
  /** Folders in which programs are looked for, in order. */
  searchFolders: string[];
}

// Debian keeps servers in sbin, which is not in the PATH of an ordinary user; Fedora keeps mariadbd in libexec; the last three are macOS.
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/usr/libexec'];
const MACOS_FOLDERS = ['/opt/homebrew/bin', '/opt/homebrew/opt/mysql/bin', '/usr/local/mysql/bin'];

/**
 * Reads BATON_MYSQL_URL, BATON_REDIS_URL, BATON_DEVSTACK_MYSQLD, BATON_DEVSTACK_REDIS_SERVER and PATH.
 * @param environment where to read; the process's own unless given
 */
export function readDevstackConfig(environment: NodeJS.ProcessEnv = process.env): DevstackConfig {
  const config: DevstackConfig = { searchFolders: findSearchFolders(environment.PATH ?? '') };
  if (environment.BATON_MYSQL_URL) config.mysqlUrl = environment.BATON_MYSQL_URL;
  if (environment.BATON_REDIS_URL) config.redisUrl = environment.BATON_REDIS_URL;
  const mysqldCommand = splitWords(environment.BATON_DEVSTACK_MYSQLD);
  if (mysqldCommand.length > 0) config.mysqldCommand = mysqldCommand;
  const redisServerCommand = splitWords(environment.BATON_DEVSTACK_REDIS_SERVER);
  if (redisServerCommand.length > 0) config.redisServerCommand = redisServerCommand;
  return config;
}

/** The URLs that tests use, when they are known: given by the caller of the suite, or published by its global set-up. */
export function readTestServerUrls(environment: NodeJS.ProcessEnv = process.env): {
  mysqlUrl?: string;
  redisUrl?: string;
} {
  const mysqlUrl = environment.BATON_TEST_MYSQL_URL;
  const redisUrl = environment.BATON_TEST_REDIS_URL;
  return { ...(mysqlUrl ? { mysqlUrl } : {}), ...(redisUrl ? { redisUrl } : {}) };
}

/** Hands the URLs on to the processes that run tests: they inherit the environment of the process that calls this. */
export function publishTestServerUrls(urls: { mysqlUrl: string; redisUrl: string }): void {
  process.env.BATON_TEST_MYSQL_URL = urls.mysqlUrl;
  process.env.BATON_TEST_REDIS_URL = urls.redisUrl;
}

/** How often tests are to repeat what they repeat, and long ones to go to their whole extent: BATON_E2E_ROUNDS, null where it is not set. */
export function readTestRounds(environment: NodeJS.ProcessEnv = process.env): number | null {
  if (environment.BATON_E2E_ROUNDS === undefined) return null;
  const rounds = Number(environment.BATON_E2E_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('BATON_E2E_ROUNDS: expected a whole number above 0');
  return rounds;
}

// What a stack sets itself for each process. Inheriting one of these would give a worker the database, or point a process elsewhere.
const OWN_VARIABLES = new Set([
  'BATON_MYSQL_URL',
  'BATON_REDIS_URL',
  'BATON_TEST_MYSQL_URL',
  'BATON_TEST_REDIS_URL',
  'BATON_API_URL',
  'BATON_TOKEN',
  'BATON_ADMIN_TOKEN',
  'BATON_WORKER_TOKEN',
  'BATON_WORKER_DIRECTORY',
  'BATON_WORKER_NAME',
  'BATON_HOST',
  'BATON_PORT',
  'BATON_LABELS',
  'BATON_DEVSTACK_MYSQLD',
  'BATON_DEVSTACK_REDIS_SERVER',
]);

/** This process's environment without the variables that a stack sets for each of its processes itself. */
export function readInheritedEnvironment(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !OWN_VARIABLES.has(name)) inherited[name] = value;
  }
  return inherited;
}

function findSearchFolders(pathVariable: string): string[] {
  const folders = pathVariable.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  // npm puts node_modules/.bin in front of the PATH: a package must not be taken for a server.
  const system = folders.filter((folder) => !folder.includes('node_modules'));
  return [...new Set([...system, ...SERVER_FOLDERS, ...MACOS_FOLDERS])];
}

function splitWords(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
