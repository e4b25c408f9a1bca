import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** @returns the secret that the keys of completions are derived from; made once, by the migrations */
export async function loadCompletionSecret(database: Database): Promise<Buffer> {
  const [row] = await selectRows<{ secret: Buffer }>(
    database.dataSource,
    'SELECT completion_secret AS secret FROM installation WHERE id = 1',
  );
  if (row === undefined) throw new Error('the table installation is empty: run the migrations');
  return row.secret;
}
