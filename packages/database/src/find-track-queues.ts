import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** @returns the label sets that sealed graphs ask for, in canonical form, `default` first and always there */
export async function findTrackQueues(database: Database): Promise<string[]> {
  const rows = await selectRows<{ labels: string }>(
    database.dataSource,
    `SELECT labels FROM track_queue WHERE labels <> 'default' ORDER BY labels`,
  );
  return ['default', ...rows.map(({ labels }) => labels)];
}
