import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alterTable } from './alter-table.ts';

/** Lists of pipelines by when they were created. Servers add such a key in place, while others read and write the table. */
export class PipelineCreated1700000000009 implements MigrationInterface {
  name = 'PipelineCreated1700000000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    await alterTable(queryRunner, 'pipeline', { indexes: { ix_pipeline_created: 'created_at' } });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE pipeline DROP KEY ix_pipeline_created');
  }
}
