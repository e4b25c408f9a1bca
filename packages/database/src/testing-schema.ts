import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/**
 * All tables as the server states them, in the order of their names, without what rows leave behind. What it says differs
 * between MariaDB and MySQL in spelling; schema.sql is MariaDB's.
 */
export async function dumpSchema(database: Database): Promise<string> {
  const tables = await selectRows<{ name: string }>(
    database.dataSource,
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name <> 'migration' ORDER BY table_name`,
  );
  const statements: string[] = [];
  for (const { name } of tables) {
    const [row] = await selectRows<Record<string, string>>(database.dataSource, `SHOW CREATE TABLE \`${name}\``);
    statements.push(`${(row?.['Create Table'] ?? '').replace(/ AUTO_INCREMENT=\d+/, '')};\n`);
  }
  return statements.join('\n');
}

/** Columns by table, of a dump: what MariaDB and MySQL spell alike. */
export function findColumns(schema: string): Record<string, string[]> {
  const columns: Record<string, string[]> = {};
  for (const [, table = '', body = ''] of schema.matchAll(/^CREATE TABLE `(\w+)` \(\n(.*?)\n\) ENGINE/gms)) {
    columns[table] = [...body.matchAll(/^ {2}`(\w+)` /gm)].map(([, column = '']) => column);
  }
  return columns;
}
