import { selectRows, withTransaction, type Database } from '@baton/database';
import { TRACKS_PER_PIPELINE } from '@baton/domain';

/** How many copies there are to be, and how many of them one transaction makes. */
export interface HistorySize {
  pipelines: number;
  atOnce: number;
}

/** Ten times ten thousand, at most: what NUMBERS counts to. */
const MAX_PIPELINES = 100_000;
const DIGITS = `(SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`;
const NUMBERS = `(SELECT a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit AS n
  FROM ${DIGITS} a CROSS JOIN ${DIGITS} b CROSS JOIN ${DIGITS} c CROSS JOIN ${DIGITS} d CROSS JOIN ${DIGITS} e)`;

/** Where the rows of a pipeline are, and which columns of a copy differ; `n` counts copies from 0, `first` is the first one's id. */
interface CopiedTable {
  name: string;
  /** The rows of the pipeline that is copied. */
  where: string;
  /** By column; null: the server gives it a value. */
  differing: Record<string, string | null>;
}

function tablesOf({ copied, first, pipelines }: { copied: number; first: number; pipelines: number }): CopiedTable[] {
  const minutesAgo = (column: string): string => `${column} - INTERVAL (${pipelines} - n) MINUTE`;
  const trackOf = (column: string): string =>
    `(${first} + n) * ${TRACKS_PER_PIPELINE} + MOD(${column}, ${TRACKS_PER_PIPELINE})`;
  const tracks = `BETWEEN ${copied * TRACKS_PER_PIPELINE} AND ${(copied + 1) * TRACKS_PER_PIPELINE - 1}`;
  return [
    {
      name: 'pipeline',
      where: `id = ${copied}`,
      differing: {
        id: `${first} + n`,
        name: `CONCAT(name, '-', n)`,
        state: `IF(MOD(n, 100) = 0, 'CANCELLED', state)`,
        created_at: minutesAgo('created_at'),
        finished_at: minutesAgo('finished_at'),
      },
    },
    { name: 'track', where: `id ${tracks}`, differing: { id: trackOf('id'), pipeline_id: `${first} + n` } },
    { name: 'attempt', where: `track_id ${tracks}`, differing: { track_id: trackOf('track_id') } },
    {
      name: 'pipeline_event',
      where: `pipeline_id = ${copied}`,
      differing: { id: null, pipeline_id: `${first} + n`, at: minutesAgo('at') },
    },
  ];
}

/**
 * Copies a pipeline that has ended, with its tracks, attempts and history: each copy a minute younger than the one before,
 * and one of a hundred CANCELLED.
 * @returns the id of the first copy, the oldest
 */
export async function fillHistory(database: Database, copied: number, size: HistorySize): Promise<number> {
  const { pipelines, atOnce } = size;
  if (pipelines > MAX_PIPELINES) throw new Error(`expected ${MAX_PIPELINES} copies at most, found ${pipelines}`);
  const endSilence = database.allowSilence();
  try {
    const [row] = await selectRows<{ last: number }>(database.dataSource, 'SELECT MAX(id) AS last FROM pipeline');
    const first = (row?.last ?? copied) + 1;
    const tables = tablesOf({ copied, first, pipelines });
    const statements = await Promise.all(tables.map((table) => composeCopy(database, table)));
    for (let from = 0; from < pipelines; from += atOnce) {
      const range = [from, Math.min(from + atOnce, pipelines) - 1];
      await withTransaction(database, async (runner) => {
        for (const statement of statements) await runner.query(statement, range);
      });
    }
    // As the server does by itself, some time after so many rows have come.
    for (const { name } of tables) await database.dataSource.query(`ANALYZE TABLE ${name}`);
    return first;
  } finally {
    endSilence();
  }
}

async function composeCopy(database: Database, { name, where, differing }: CopiedTable): Promise<string> {
  const rows = await selectRows<{ column: string }>(
    database.dataSource,
    `SELECT column_name AS \`column\` FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    [name],
  );
  const columns = rows.map(({ column }) => column).filter((column) => differing[column] !== null);
  const values = columns.map((column) => differing[column] ?? column);
  return `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')}
    FROM ${NUMBERS} numbers CROSS JOIN ${name} WHERE n BETWEEN ? AND ? AND ${where}
    ORDER BY n, ${name}.${rows[0]?.column ?? 'id'}`;
}
