import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alterTable } from './alter-table.ts';

/** worker.problem: why a worker takes nothing more although it lives, as it says of itself. */
export class WorkerProblem1700000000008 implements MigrationInterface {
  name = 'WorkerProblem1700000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await alterTable(queryRunner, 'worker', { columns: { problem: 'VARCHAR(500) NULL' } });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE worker DROP COLUMN problem');
  }
}
