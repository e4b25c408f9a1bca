import type { QueryRunner } from 'typeorm';

/** One statement; `?` stand for its values. */
export interface Statement {
  sql: string;
  values?: readonly unknown[];
}

/** A statement whose result nobody waits for. */
export interface Write extends Statement {
  /** Told how many rows matched; throws where these are not those that were expected. */
  check?(affectedRows: number): void;
}

/** What withTransaction gives to its body. */
export interface Transaction {
  /** What it needs is read in it, however long that takes. */
  readonly mayTakeLong: boolean;
  /** Sends what was added, and then this. */
  query(sql: string, values?: unknown[]): Promise<unknown>;
  /** Sends what was added, and then these. @returns what each of these came to */
  queryTogether(statements: readonly Statement[]): Promise<unknown[]>;
  /** Keeps a write for the next statement, or for the commit. */
  add(write: Write): void;
}

/** What runs statements: a transaction, or the data source for a statement of its own. */
export type Runner =
  Transaction | Pick<QueryRunner, 'query'> | { query(sql: string, values?: unknown[]): Promise<unknown> };

export const isTransaction = (runner: Runner): runner is Transaction => 'queryTogether' in runner;

/** Runs a SELECT. Arrays among the values become lists: `id IN (?)`. */
export async function selectRows<T>(runner: Runner, sql: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await runner.query(sql, [...values])) as T[];
}

/** Runs SELECTs of the same rows' kind, in order; in a transaction with one round trip where they may be sent together. */
export async function selectTogether(runner: Runner, statements: readonly Statement[]): Promise<unknown[][]> {
  if (statements.length === 0) return [];
  if (isTransaction(runner)) return (await runner.queryTogether(statements)) as unknown[][];
  const results: unknown[][] = [];
  for (const { sql, values } of statements) results.push(await selectRows(runner, sql, values));
  return results;
}

/**
 * Runs a writing statement.
 * @returns affectedRows: the rows that matched the WHERE, changed or not (mysql2 sets CLIENT_FOUND_ROWS), and the
 *   auto-increment id of an INSERT
 */
export async function execute(
  runner: Runner,
  sql: string,
  values: readonly unknown[] = [],
): Promise<{ affectedRows: number; insertId: number }> {
  const { affectedRows, insertId } = (await runner.query(sql, [...values])) as {
    affectedRows: number;
    insertId: number;
  };
  return { affectedRows, insertId };
}

/**
 * Runs a writing statement of which nothing is needed but that it is done: in a transaction together with the next one, or
 * before the commit; so what it throws is thrown there.
 */
export async function addWrite(runner: Runner, write: Write): Promise<void> {
  if (isTransaction(runner)) return runner.add(write);
  const { affectedRows } = await execute(runner, write.sql, write.values);
  write.check?.(affectedRows);
}

/**
 * Rows for one multi-row INSERT.
 * @param rows values, one list a row
 * @param expressions SQL that ends every row
 * @returns `(?, ?, NOW()), (?, ?, NOW())` and the values in order
 */
export function placeRows(
  rows: readonly (readonly unknown[])[],
  expressions: readonly string[] = [],
): { places: string; values: unknown[] } {
  const place = `(${[...(rows[0] ?? []).map(() => '?'), ...expressions].join(', ')})`;
  return { places: rows.map(() => place).join(', '), values: rows.flat() };
}

/**
 * Rows or ids in one statement, where nothing is known about their sizes. Longer lists of ids make MariaDB join with a
 * temporary table, and lock in the order of that.
 */
const MAX_STATEMENT_ROWS = 500;

/** Splits what would be too long for one statement; what is made on demand is made a chunk at a time. */
export function* inChunks<T>(items: Iterable<T>, size = MAX_STATEMENT_ROWS): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** One statement stays below every server's max_allowed_packet (16 MiB), bytes written as hexadecimal digits. */
export const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;

/**
 * Splits rows of any size into what one INSERT may hold.
 * @param measure bytes of a row
 */
export function* inStatements<T>(rows: readonly T[], measure: (row: T) => number): Generator<T[]> {
  let part: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = measure(row);
    if (part.length > 0 && (part.length >= MAX_STATEMENT_ROWS || bytes + size > MAX_STATEMENT_BYTES)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
