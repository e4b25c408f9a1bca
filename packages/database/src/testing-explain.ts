import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** How the server means to run one statement. */
export interface Plan {
  sql: string;
  steps: { table: string; key: string | null; rows: number }[];
}

interface ExplainRow {
  table: string | null;
  key: string | null;
  rows: number | string | null;
}

/**
 * Runs something, and asks the server about every SELECT and UPDATE that it sent.
 * Steps over intermediate results (`<derived2>`) are left out.
 */
export async function explainStatements(database: Database, run: () => Promise<unknown>): Promise<Plan[]> {
  const sent = await recordStatements(database, run, /^\s*\(?(?:SELECT|UPDATE)\b/i);
  const plans: Plan[] = [];
  for (const { sql, values } of sent) {
    const rows = await selectRows<ExplainRow>(database.dataSource, `EXPLAIN FORMAT=TRADITIONAL ${sql}`, values);
    const steps = rows.flatMap(({ table, key, rows: count }) =>
      table === null || table.startsWith('<') ? [] : [{ table, key, rows: Number(count ?? 0) }],
    );
    plans.push({ sql, steps });
  }
  return plans;
}

/** Runs something. @returns the statements that it sent, of those that fit the pattern */
export async function recordStatements(
  { dataSource }: Database,
  run: () => Promise<unknown>,
  pattern: RegExp,
): Promise<{ sql: string; values: unknown[] }[]> {
  const sent: { sql: string; values: unknown[] }[] = [];
  const { logger } = dataSource;
  // Every statement is told to it, sent by TypeORM or by a transaction.
  dataSource.logger = Object.assign(Object.create(logger) as typeof logger, {
    logQuery(sql: string, values: unknown[] = []) {
      if (pattern.test(sql)) sent.push({ sql, values });
    },
  });
  try {
    await run();
  } finally {
    dataSource.logger = logger;
  }
  return sent;
}
