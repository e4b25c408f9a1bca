import type { QueryRunner } from 'typeorm';

/**
 * Changes of tables that are there already. A server commits each DDL statement by itself, and MySQL knows no
 * `ADD COLUMN IF NOT EXISTS`: every step looks first whether it was done, so that a run that was cut off is simply run again.
 */
export interface TableChanges {
  /** Name and definition. */
  columns?: Record<string, string>;
  /** Name and columns. */
  indexes?: Record<string, string>;
  /** Name and condition; one of the same name is replaced. */
  checks?: Record<string, string>;
}

export async function alterTable(queryRunner: QueryRunner, table: string, changes: TableChanges): Promise<void> {
  const { columns = {}, indexes = {}, checks = {} } = changes;
  const known = await findNames(queryRunner, 'COLUMNS', { table, column: 'COLUMN_NAME' });
  const added = Object.entries(columns).filter(([name]) => !known.has(name));
  const indexed = await findNames(queryRunner, 'STATISTICS', { table, column: 'INDEX_NAME' });
  const steps = [
    ...added.map(([name, definition]) => `ADD COLUMN ${name} ${definition}`),
    ...Object.entries(indexes)
      .filter(([name]) => !indexed.has(name))
      .map(([name, of]) => `ADD KEY ${name} (${of})`),
  ];
  if (steps.length > 0) await queryRunner.query(`ALTER TABLE ${table} ${steps.join(', ')}`);
  const constraints = await findNames(queryRunner, 'TABLE_CONSTRAINTS', { table, column: 'CONSTRAINT_NAME' });
  for (const [name, condition] of Object.entries(checks)) {
    if (constraints.has(name)) await queryRunner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    await queryRunner.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition})`);
  }
}

async function findNames(
  queryRunner: QueryRunner,
  catalogue: 'COLUMNS' | 'STATISTICS' | 'TABLE_CONSTRAINTS',
  { table, column }: { table: string; column: string },
): Promise<Set<string>> {
  const rows = (await queryRunner.query(
    `SELECT DISTINCT ${column} AS name FROM information_schema.${catalogue} WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`,
    [table],
  )) as { name: string }[];
  return new Set(rows.map(({ name }) => name));
}
