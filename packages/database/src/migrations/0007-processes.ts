import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLE_OPTIONS } from './table-options.ts';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

/**
 * What each process says of itself every few seconds: its settings that others depend on, and what it has counted. Nothing is
 * decided by it; /metrics and `baton doctor` read it. A worker's id is that of table worker.
 */
export class Processes1700000000007 implements MigrationInterface {
  name = 'Processes1700000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS process (
      id VARCHAR(64) ${ASCII} NOT NULL,
      kind VARCHAR(16) ${ASCII} NOT NULL,
      host VARCHAR(190) NOT NULL,
      pid INT NOT NULL,
      software_version VARCHAR(64) NOT NULL,
      settings LONGTEXT NOT NULL,
      counters LONGTEXT NOT NULL,
      clock_skew_ms BIGINT NOT NULL,
      started_at DATETIME(6) NOT NULL,
      seen_at DATETIME(6) NOT NULL,
      PRIMARY KEY (id),
      KEY ix_process_seen (seen_at),
      CONSTRAINT ck_process_kind CHECK (kind IN ('api', 'orchestrator', 'worker')),
      CONSTRAINT ck_process_settings CHECK (JSON_VALID(settings)),
      CONSTRAINT ck_process_counters CHECK (JSON_VALID(counters))
    ) ${TABLE_OPTIONS}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE process');
  }
}
