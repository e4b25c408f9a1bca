import type { QueryRunner } from 'typeorm';

/** What runs statements: a transaction's runner, or the data source for a statement of its own. */
export type Runner = Pick<QueryRunner, 'query'> | { query(sql: string, values?: unknown[]): Promise<unknown> };

/** Runs a SELECT. Arrays among the values become lists: `id IN (?)`. */
export async function selectRows<T>(runner: Runner, sql: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await runner.query(sql, [...values])) as T[];
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

/** Splits what would be too long for one statement. */
export function* inChunks<T>(items: readonly T[], size = MAX_STATEMENT_ROWS): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** One statement stays below every server's max_allowed_packet (16 MiB), bytes written as hexadecimal digits. */
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;

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
