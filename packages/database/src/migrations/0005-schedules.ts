import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLE_OPTIONS } from './table-options.ts';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

/**
 * Schedules and what became of each due time: the primary key of schedule_fire is what makes it happen once.
 *
 * schedule.graph is as the request named it, request the rest of it; next_due_at is the first due time that nobody has
 * decided about, NULL while the schedule is paused. schedule_fire.backfill_at_once is set where a person asked for the due
 * time afterwards: how many of such may run at once.
 */
export class Schedules1700000000005 implements MigrationInterface {
  name = 'Schedules1700000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CREATE_SCHEDULE);
    await queryRunner.query(CREATE_SCHEDULE_FIRE);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['schedule_fire', 'schedule']) await queryRunner.query(`DROP TABLE ${table}`);
  }
}

const CREATE_SCHEDULE = `CREATE TABLE IF NOT EXISTS schedule (
  id BIGINT NOT NULL AUTO_INCREMENT,
  name VARCHAR(190) NOT NULL,
  cron VARCHAR(190) NOT NULL,
  time_zone VARCHAR(64) ${ASCII} NOT NULL,
  graph VARCHAR(220) NOT NULL,
  request LONGTEXT NOT NULL,
  overlap_policy VARCHAR(8) ${ASCII} NOT NULL,
  catch_up_limit INT NOT NULL,
  paused_at DATETIME(6) NULL,
  next_due_at DATETIME(6) NULL,
  last_error VARCHAR(2000) NULL,
  created_by VARCHAR(190) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_schedule_name (name),
  KEY ix_schedule_due (paused_at, next_due_at),
  CONSTRAINT ck_schedule_overlap CHECK (overlap_policy IN ('allow', 'queue', 'skip', 'replace')),
  CONSTRAINT ck_schedule_catch_up CHECK (catch_up_limit >= 0),
  CONSTRAINT ck_schedule_request CHECK (JSON_VALID(request))
) ${TABLE_OPTIONS}`;

const CREATE_SCHEDULE_FIRE = `CREATE TABLE IF NOT EXISTS schedule_fire (
  schedule_id BIGINT NOT NULL,
  due_at DATETIME(6) NOT NULL,
  state VARCHAR(10) ${ASCII} NOT NULL,
  pipeline_id BIGINT NULL,
  backfill_at_once TINYINT NULL,
  detail VARCHAR(2000) NULL,
  decided_at DATETIME(6) NOT NULL,
  PRIMARY KEY (schedule_id, due_at),
  KEY ix_schedule_fire_state (state, schedule_id, due_at),
  CONSTRAINT fk_schedule_fire_schedule FOREIGN KEY (schedule_id) REFERENCES schedule (id) ON DELETE CASCADE,
  CONSTRAINT ck_schedule_fire_state CHECK (state IN ('started', 'queued', 'skipped', 'missed', 'failed')),
  CONSTRAINT ck_schedule_fire_started CHECK ((state = 'started') = (pipeline_id IS NOT NULL)),
  CONSTRAINT ck_schedule_fire_backfill CHECK (backfill_at_once >= 1)
) ${TABLE_OPTIONS}`;
