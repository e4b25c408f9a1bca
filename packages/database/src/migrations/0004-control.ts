import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alterTable, type TableChanges } from './alter-table.ts';
import { TABLE_OPTIONS } from './table-options.ts';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

/**
 * What persons, conditions, gates, child pipelines and limits need, and the history of every pipeline.
 *
 * pipeline.timeout_ms is how long it may take, deadline_at when that is over; a rerun lets it count anew.
 * track.not_before is when a delayed attempt may start; track.expires_at when its gate or its wait in the queue ends;
 * track.waits_for the limit that keeps it, waits_rank and waits_since its place among those that this limit keeps (lower
 * first; without waits_for they say nothing, without waits_rank it was woken and since when). limit_holder rows count only
 * while their run holds its track: a row that is left over by a crash counts for nothing. pipeline_event is only ever added
 * to; rebuildPipeline folds a pipeline from it.
 */
export class Control1700000000004 implements MigrationInterface {
  name = 'Control1700000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await alterTable(queryRunner, 'graph_version', {
      columns: { timeout_ms: 'BIGINT NULL', run_limit: 'INT NULL' },
      checks: {
        ck_graph_version_limits: '(timeout_ms IS NULL OR timeout_ms >= 1) AND (run_limit IS NULL OR run_limit >= 1)',
      },
    });
    await alterTable(queryRunner, 'edge', { columns: { when_expression: 'TEXT NULL' } });
    await alterTable(queryRunner, 'api_token', { columns: { roles: `VARCHAR(1000) ${ASCII} NOT NULL DEFAULT ''` } });
    await alterTable(queryRunner, 'pipeline', {
      columns: {
        timeout_ms: 'BIGINT NULL',
        deadline_at: 'DATETIME(6) NULL',
        parent_track_id: 'BIGINT NULL',
        map_vertex_id: 'INT NULL',
        map_size: 'INT NULL',
        depth: 'TINYINT NOT NULL DEFAULT 0',
        schedule_id: 'BIGINT NULL',
        scheduled_for: 'DATETIME(6) NULL',
      },
      indexes: {
        ix_pipeline_deadline: 'state, deadline_at',
        ix_pipeline_parent: 'parent_track_id',
        ix_pipeline_schedule: 'schedule_id, state, scheduled_for',
      },
      checks: {
        ck_pipeline_map:
          '(map_vertex_id IS NULL) = (map_size IS NULL) AND (map_size IS NULL OR parent_track_id IS NOT NULL)',
        ck_pipeline_depth: 'depth >= 0 AND (depth = 0) = (parent_track_id IS NULL)',
        ck_pipeline_schedule: '(schedule_id IS NULL) = (scheduled_for IS NULL)',
      },
    });
    await alterTable(queryRunner, 'track', TRACK);
    await queryRunner.query(COUNT_STARTED_ATTEMPTS);
    await alterTable(queryRunner, 'attempt', {
      checks: {
        ck_attempt_result: `result IN ('succeed', 'exit_code', 'signal', 'timeout', 'spawn_error', 'bad_choice', 'bad_output',
          'child_failed', 'lost', 'cancelled')`,
      },
    });
    for (const statement of [CREATE_TRACK_OUTPUT, CREATE_PIPELINE_EVENT, CREATE_LIMIT_KEY, CREATE_LIMIT_HOLDER])
      await queryRunner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('expected a newer version of Baton, found a step back over 0004: restore a backup from before it');
  }
}

const TRACK: TableChanges = {
  columns: {
    started_attempt: 'INT NOT NULL DEFAULT 0',
    gate_decision: `VARCHAR(10) ${ASCII} NULL`,
    not_before: 'DATETIME(6) NULL',
    expires_at: 'DATETIME(6) NULL',
    child_pipeline_id: 'BIGINT NULL',
    waits_for: `VARCHAR(190) NULL`,
    waits_rank: 'INT NULL',
    waits_since: 'DATETIME(6) NULL',
    detail: 'VARCHAR(2000) NULL',
  },
  indexes: {
    ix_track_expires: 'state, expires_at',
    ix_track_awaits: 'awaits, id',
    ix_track_waits_for: 'waits_for, waits_rank, waits_since',
  },
  checks: {
    ck_track_gate: `gate_decision IN ('approved', 'rejected')`,
    ck_track_pending_only: `state = 'PENDING' OR (not_before IS NULL AND expires_at IS NULL AND waits_for IS NULL)`,
    ck_track_started: 'started_attempt BETWEEN 0 AND attempt',
  },
};

/** Of tracks from before this column: RUNNING has started its attempt, each ended attempt has a row. */
const COUNT_STARTED_ATTEMPTS = `UPDATE track t
  SET t.started_attempt = IF(t.state = 'RUNNING', t.attempt,
    COALESCE((SELECT MAX(a.attempt) FROM attempt a WHERE a.track_id = t.id), 0))
  WHERE t.started_attempt = 0`;

const CREATE_TRACK_OUTPUT = `CREATE TABLE IF NOT EXISTS track_output (
  track_id BIGINT NOT NULL,
  attempt INT NOT NULL,
  name VARCHAR(128) ${ASCII} NOT NULL,
  value MEDIUMTEXT NOT NULL,
  PRIMARY KEY (track_id, attempt, name),
  CONSTRAINT fk_track_output_track FOREIGN KEY (track_id) REFERENCES track (id),
  CONSTRAINT ck_track_output CHECK (attempt >= 1 AND CHAR_LENGTH(name) >= 1)
) ${TABLE_OPTIONS}`;

/**
 * The unique key begins with the action: MySQL 9.7 looks a foreign key up by a unique key that begins with it, and takes
 * the row for one without a reference where another column of that key is NULL.
 */
const CREATE_PIPELINE_EVENT = `CREATE TABLE IF NOT EXISTS pipeline_event (
  id BIGINT NOT NULL AUTO_INCREMENT,
  pipeline_id BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  kind VARCHAR(24) ${ASCII} NOT NULL,
  actor VARCHAR(190) NULL,
  reason VARCHAR(2000) NULL,
  action_id VARCHAR(300) NULL,
  body LONGTEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_pipeline_event_action (action_id, pipeline_id),
  KEY ix_pipeline_event_pipeline (pipeline_id, id),
  CONSTRAINT fk_pipeline_event_pipeline FOREIGN KEY (pipeline_id) REFERENCES pipeline (id),
  CONSTRAINT ck_pipeline_event_body CHECK (JSON_VALID(body))
) ${TABLE_OPTIONS}`;

const CREATE_LIMIT_KEY = `CREATE TABLE IF NOT EXISTS limit_key (
  name VARCHAR(190) NOT NULL,
  capacity INT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (name),
  CONSTRAINT ck_limit_key_capacity CHECK (capacity IS NULL OR capacity >= 0)
) ${TABLE_OPTIONS}`;

const CREATE_LIMIT_HOLDER = `CREATE TABLE IF NOT EXISTS limit_holder (
  limit_key VARCHAR(190) NOT NULL,
  track_id BIGINT NOT NULL,
  run_id VARCHAR(64) ${ASCII} NOT NULL,
  PRIMARY KEY (limit_key, track_id),
  CONSTRAINT fk_limit_holder_key FOREIGN KEY (limit_key) REFERENCES limit_key (name)
) ${TABLE_OPTIONS}`;
