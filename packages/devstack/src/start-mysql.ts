// A private MySQL or MariaDB.
//
// The data directory is made under another name and renamed when it is complete, so one that a kill cut short is never used. Who may log
// in is set by a file of statements that the server runs before it listens, at every start: root gets a random password that nobody keeps,
// and `baton` a new one. So there is no moment at which the server takes an empty password, and no password on a command line.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { DevstackError } from './errors.ts';
import { FLAVOR_NAMES, type MysqlProgram } from './find-programs.ts';
import { makeRandomSecret, writePrivateFile } from './private-file.ts';
import { type PrivateServer, type PrivateServerOptions, startPrivateServer } from './private-server.ts';
import { probeMysql } from './probe-servers.ts';
import { runCommandOrThrow } from './run-command.ts';

const CREATE_TIMEOUT_MS = 180_000;
const LONGEST_SOCKET_PATH = 100; // sun_path holds 104 bytes on macOS, 108 on Linux

export interface StartMysqlOptions {
  directory: string;
  program: MysqlProgram;
  /** A stack's server gets a redo log for real work, that of tests one that is made quickly. */
  purpose: 'stack' | 'tests';
  environment: Record<string, string>;
  onUnexpectedExit?: PrivateServerOptions['onUnexpectedExit'];
  report: (line: string) => void;
  mysqlOptions?: readonly string[];
  mysqlStatements?: readonly string[];
}

/** The flavor whose data is in a stack's directory, or null when there is none yet. */
export function findMysqlDataFlavor(directory: string): MysqlProgram['flavor'] | null {
  if (existsSync(path.join(directory, 'mariadb-data'))) return 'mariadb';
  return existsSync(path.join(directory, 'mysql-data')) ? 'mysql' : null;
}

/**
 * Starts a private server with the data of the directory, or with none when there is none yet.
 * @throws DevstackError when it does not start, or when the data is of the other flavor
 */
export async function startMysql(options: StartMysqlOptions): Promise<PrivateServer> {
  const { directory, program } = options;
  const title = `${FLAVOR_NAMES[program.flavor]} ${program.version}`;
  const flavor = findMysqlDataFlavor(directory);
  if (flavor !== null && flavor !== program.flavor) {
    const folder = path.join(directory, `${flavor}-data`);
    throw new DevstackError(
      `${folder} was written by ${FLAVOR_NAMES[flavor]}, but the program found is ${title}: install ${FLAVOR_NAMES[flavor]}, or move the folder away to start empty.`,
    );
  }
  const dataDirectory = path.join(directory, `${program.flavor}-data`);
  if (flavor === null) await createData(dataDirectory, options, title);
  const password = makeRandomSecret();
  const initFile = path.join(directory, 'mysql-users.sql');
  writePrivateFile(initFile, makeUserStatements(password, options.mysqlStatements));
  return startPrivateServer({
    name: 'mysql',
    directory,
    title,
    environment: options.environment,
    ...(options.onUnexpectedExit ? { onUnexpectedExit: options.onUnexpectedExit } : {}),
    makeCommand: (port) => [
      ...withOptions(program.command, [...makeServerOptions(options, dataDirectory), ...(options.mysqlOptions ?? [])]),
      `--init-file=${initFile}`,
      `--port=${port}`,
      `--socket=${findSocketPath(directory, port)}`,
    ],
    makeUrl: (port) => `mysql://baton:${password}@127.0.0.1:${port}/baton`,
    probe: probeMysql,
  });
}

async function createData(dataDirectory: string, options: StartMysqlOptions, title: string): Promise<void> {
  if (options.purpose === 'stack') options.report(`Creating a data directory of ${title} in ${dataDirectory} ...`);
  const newDirectory = `${dataDirectory}.new`;
  rmSync(newDirectory, { recursive: true, force: true });
  mkdirSync(newDirectory, { mode: 0o700 });
  await runCommandOrThrow(makeCreateCommand(newDirectory, options), { timeoutMs: CREATE_TIMEOUT_MS });
  renameSync(newDirectory, dataDirectory);
}

function makeCreateCommand(newDirectory: string, { directory, program, purpose }: StartMysqlOptions): string[] {
  const shared = [
    `--datadir=${newDirectory}`,
    makeTemporaryOption(directory),
    makeRedoLogOption(program, purpose),
    ...makeUserOption(),
  ];
  if (!program.installCommand) return withOptions(program.command, ['--initialize-insecure', ...shared]);
  const authentication = ['--auth-root-authentication-method=socket', `--auth-root-socket-user=${userInfo().username}`];
  return withOptions(program.installCommand, ['--skip-test-db', ...authentication, ...shared]);
}

function makeServerOptions({ directory, program, purpose }: StartMysqlOptions, dataDirectory: string): string[] {
  const options = [
    `--datadir=${dataDirectory}`,
    makeTemporaryOption(directory),
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    ...makeUserOption(),
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    // Durable at every commit: MySQL is the truth, and nothing else could restore a lost commit.
    '--innodb-flush-log-at-trx-commit=1',
    '--skip-log-bin',
    makeRedoLogOption(program, purpose),
    '--innodb-buffer-pool-size=256M',
    '--max-connections=200',
    '--max-allowed-packet=64M',
    '--local-infile=0',
    '--performance-schema=OFF',
  ];
  // MySQL's X protocol listens on a port of its own; the folder that it allows files in by default may not exist.
  if (program.flavor === 'mysql') options.push('--mysqlx=OFF', '--secure-file-priv=NULL');
  return options;
}

function makeRedoLogOption(program: MysqlProgram, purpose: StartMysqlOptions['purpose']): string {
  const size = purpose === 'stack' ? '64M' : '8M';
  return program.flavor === 'mysql' ? `--innodb-redo-log-capacity=${size}` : `--innodb-log-file-size=${size}`;
}

// A folder of its own: a MariaDB that starts removes every temporary table in its folder, those of others that share /tmp included, and
// making a data directory then fails (once in some twenty times when three do it at once).
function makeTemporaryOption(directory: string): string {
  const temporaryDirectory = path.join(directory, 'mysql-tmp');
  mkdirSync(temporaryDirectory, { recursive: true, mode: 0o700 });
  return `--tmpdir=${temporaryDirectory}`;
}

// Both servers refuse to run as root unless they are told to.
function makeUserOption(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

// --no-defaults (no configuration file of the machine) has to be the first option; the words of a command line may have options already.
function withOptions(command: readonly string[], options: readonly string[]): string[] {
  const firstOption = command.findIndex((word) => word.startsWith('--'));
  const end = firstOption === -1 ? command.length : firstOption;
  return [...command.slice(0, end), '--no-defaults', ...command.slice(end), ...options];
}

function makeUserStatements(password: string, further: readonly string[] = []): string {
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${makeRandomSecret()}';`,
    'CREATE DATABASE IF NOT EXISTS `baton`;',
    `CREATE USER IF NOT EXISTS 'baton'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `ALTER USER 'baton'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON `baton%`.* TO 'baton'@'127.0.0.1';",
    ...further,
    '',
  ].join('\n');
}

function findSocketPath(directory: string, port: number): string {
  const inDirectory = path.join(directory, 'mysql.sock');
  if (Buffer.byteLength(inDirectory) <= LONGEST_SOCKET_PATH) return inDirectory;
  return path.join(tmpdir(), `baton-mysql-${port}.sock`);
}
