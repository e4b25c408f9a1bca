import { execa } from 'execa';
import { openDatabase, type Database } from '@baton/database';

/**
 * A consistent dump of a database while it is written to, as docs/backup.md says; by the dump program of the machine, and
 * where there is none by the same means through SQL: one snapshot that all tables are read in.
 */
export interface Dump {
  /** How it was made. */
  program: string;
  /** @param url of an empty database */
  restore: (url: string) => Promise<void>;
}

export async function dumpDatabase(url: string): Promise<Dump> {
  for (const [program, client] of [
    ['mariadb-dump', 'mariadb'],
    ['mysqldump', 'mysql'],
  ] as const) {
    if ((await isThere(program)) && (await isThere(client))) return dumpByProgram(url, { program, client });
  }
  return dumpBySnapshot(url);
}

async function isThere(program: string): Promise<boolean> {
  const { failed } = await execa(program, ['--version'], { reject: false });
  return !failed;
}

function optionsOf(url: string): { options: string[]; database: string; env: Record<string, string> } {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    options: [`--host=${hostname}`, `--port=${port === '' ? '3306' : port}`, `--user=${username}`],
    database: pathname.slice(1),
    env: { MYSQL_PWD: decodeURIComponent(password) },
  };
}

async function dumpByProgram(url: string, { program, client }: { program: string; client: string }): Promise<Dump> {
  const { options, database, env } = optionsOf(url);
  const words = ['--no-defaults', ...options, '--single-transaction', '--no-tablespaces', '--hex-blob', database];
  const { stdout } = await execa(program, words, { env, maxBuffer: 1024 ** 3 });
  return {
    program,
    async restore(target) {
      const { options: to, database: name, env: rights } = optionsOf(target);
      await execa(client, ['--no-defaults', ...to, name], { env: rights, input: stdout });
    },
  };
}

interface Table {
  name: string;
  create: string;
  columns: string[];
  rows: unknown[][];
}

const ROWS_AT_ONCE = 500;

async function dumpBySnapshot(url: string): Promise<Dump> {
  const source = await openDatabase({ url, poolSize: 1 });
  const tables: Table[] = [];
  try {
    const runner = source.dataSource.createQueryRunner();
    await runner.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await runner.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const names = (await runner.query(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`,
    )) as { name: string }[];
    for (const { name } of names) tables.push(await readTable(runner, name));
    await runner.query('COMMIT');
    await runner.release();
  } finally {
    await source.close();
  }
  return { program: 'a snapshot through SQL', restore: (target) => restoreTables(target, tables) };
}

/** Moments are read as text: a JavaScript date has no microseconds. */
async function readTable(runner: { query: (sql: string) => Promise<unknown> }, name: string): Promise<Table> {
  const [created] = (await runner.query(`SHOW CREATE TABLE \`${name}\``)) as Record<string, string>[];
  const columns = (await runner.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${name}' ORDER BY ORDINAL_POSITION`,
  )) as { name: string; type: string }[];
  const list = columns.map((column) =>
    column.type === 'datetime' ? `CAST(\`${column.name}\` AS CHAR) AS \`${column.name}\`` : `\`${column.name}\``,
  );
  const rows = (await runner.query(`SELECT ${list.join(', ')} FROM \`${name}\``)) as Record<string, unknown>[];
  return {
    name,
    create: created?.['Create Table'] ?? '',
    columns: columns.map((column) => column.name),
    rows: rows.map((row) => columns.map((column) => row[column.name])),
  };
}

async function restoreTables(url: string, tables: readonly Table[]): Promise<void> {
  const target: Database = await openDatabase({ url, poolSize: 1 });
  const runner = target.dataSource.createQueryRunner();
  try {
    await runner.query('SET SESSION FOREIGN_KEY_CHECKS = 0');
    for (const { name, create, columns, rows } of tables) {
      await runner.query(create);
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const part = rows.slice(start, start + ROWS_AT_ONCE);
        const places = part.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ');
        await runner.query(`INSERT INTO \`${name}\` (\`${columns.join('`, `')}\`) VALUES ${places}`, part.flat());
      }
    }
  } finally {
    await runner.release();
    await target.close();
  }
}
