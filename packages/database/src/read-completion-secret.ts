import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** @returns the 32 bytes that the keys of completions are derived from; made with the tables, never changed */
export async function readCompletionSecret(database: Database): Promise<Buffer> {
  const [row] = await selectRows<{ secret: Buffer }>(
    database.dataSource,
    'SELECT completion_secret AS secret FROM installation WHERE id = 1',
  );
  if (row === undefined) throw new Error('the table installation has no row: the migrations have not been run');
  return row.secret;
}
