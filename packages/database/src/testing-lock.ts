import type { Database } from './data-source.ts';

/** Locks rows as a transaction that hangs would; `release` rolls it back. */
export async function lockRows(
  database: Database,
  table: 'pipeline' | 'track' | 'graph',
  id: number,
): Promise<{ release(): Promise<void> }> {
  const queryRunner = database.dataSource.createQueryRunner();
  await queryRunner.startTransaction();
  await queryRunner.query(`SELECT id FROM ${table} WHERE id = ? FOR UPDATE`, [id]);
  return {
    async release() {
      await queryRunner.rollbackTransaction();
      await queryRunner.release();
    },
  };
}
