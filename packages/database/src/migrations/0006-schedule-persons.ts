import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alterTable } from './alter-table.ts';

/**
 * By whose doing a schedule starts what it starts, besides who made it: schedule.changed_by is a JSON list of those who changed
 * it, NULL where nobody did; schedule_fire.requested_by is who asked for the due time afterwards.
 */
export class SchedulePersons1700000000006 implements MigrationInterface {
  name = 'SchedulePersons1700000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await alterTable(queryRunner, 'schedule', {
      columns: { changed_by: 'LONGTEXT NULL' },
      checks: { ck_schedule_changed_by: 'changed_by IS NULL OR JSON_VALID(changed_by)' },
    });
    await alterTable(queryRunner, 'schedule_fire', { columns: { requested_by: 'VARCHAR(190) NULL' } });
  }

  async down(): Promise<void> {
    throw new Error('expected a newer version of Baton, found a step back over 0006: restore a backup from before it');
  }
}
