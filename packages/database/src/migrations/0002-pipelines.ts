import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLE_OPTIONS } from './table-options.ts';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

/**
 * Pipelines, tracks, attempts and output.
 *
 * track.id is pipeline_id * 2^22 + vertex_id (domain/track-id.ts). track.due_at is when the reconcile loop must look at
 * the track: PENDING, to enqueue it (again); RUNNING, the end of its lease; else NULL. One column, so that one index
 * serves both and ended tracks cost nothing.
 */
export class Pipelines1700000000002 implements MigrationInterface {
  name = 'Pipelines1700000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CREATE_PIPELINE);
    await queryRunner.query(CREATE_TRACK);
    await queryRunner.query(CREATE_ATTEMPT);
    await queryRunner.query(CREATE_OUTPUT_CHUNK);
    await queryRunner.query(CREATE_STALE_COMPLETION);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['stale_completion', 'output_chunk', 'attempt', 'track', 'pipeline']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}

const CREATE_PIPELINE = `CREATE TABLE IF NOT EXISTS pipeline (
  id BIGINT NOT NULL AUTO_INCREMENT,
  version_id BIGINT NOT NULL,
  graph_id BIGINT NOT NULL,
  name VARCHAR(190) NOT NULL,
  mode VARCHAR(8) ${ASCII} NOT NULL,
  on_failure VARCHAR(8) ${ASCII} NOT NULL,
  priority INT NOT NULL DEFAULT 0,
  state VARCHAR(10) ${ASCII} NOT NULL,
  params LONGTEXT NOT NULL,
  total_tracks INT NOT NULL,
  open_tracks INT NOT NULL,
  failures INT NOT NULL DEFAULT 0,
  reason VARCHAR(500) NULL,
  created_by VARCHAR(190) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY ix_pipeline_state (state, id),
  KEY ix_pipeline_graph (graph_id, id),
  KEY ix_pipeline_name (name, id),
  CONSTRAINT fk_pipeline_version FOREIGN KEY (version_id) REFERENCES graph_version (id),
  CONSTRAINT fk_pipeline_graph FOREIGN KEY (graph_id) REFERENCES graph (id),
  CONSTRAINT ck_pipeline_mode CHECK (mode IN ('auto', 'manual')),
  CONSTRAINT ck_pipeline_on_failure CHECK (on_failure IN ('stop', 'kill', 'continue', 'hold')),
  CONSTRAINT ck_pipeline_state CHECK (state IN ('RUNNING', 'PAUSED', 'FINISH', 'FAILED', 'CANCELLED')),
  CONSTRAINT ck_pipeline_params CHECK (JSON_VALID(params)),
  CONSTRAINT ck_pipeline_total CHECK (total_tracks >= 1),
  CONSTRAINT ck_pipeline_open CHECK (open_tracks BETWEEN 0 AND total_tracks),
  CONSTRAINT ck_pipeline_failures CHECK (failures BETWEEN 0 AND total_tracks),
  CONSTRAINT ck_pipeline_finished CHECK ((finished_at IS NULL) = (state IN ('RUNNING', 'PAUSED'))),
  CONSTRAINT ck_pipeline_finish CHECK (state <> 'FINISH' OR (open_tracks = 0 AND failures = 0))
) ${TABLE_OPTIONS}`;

const CREATE_TRACK = `CREATE TABLE IF NOT EXISTS track (
  id BIGINT NOT NULL,
  pipeline_id BIGINT NOT NULL,
  vertex_id INT NOT NULL,
  state VARCHAR(10) ${ASCII} NOT NULL,
  attempt INT NOT NULL DEFAULT 1,
  budget_from_attempt INT NOT NULL DEFAULT 1,
  lost_attempts INT NOT NULL DEFAULT 0,
  awaits VARCHAR(10) ${ASCII} NULL,
  input LONGTEXT NULL,
  chosen LONGTEXT NULL,
  predecessors_left INT NOT NULL,
  predecessors_succeeded INT NOT NULL DEFAULT 0,
  predecessors_failed INT NOT NULL DEFAULT 0,
  predecessors_skipped INT NOT NULL DEFAULT 0,
  predecessors_cancelled INT NOT NULL DEFAULT 0,
  predecessors_not_taken INT NOT NULL DEFAULT 0,
  dispatch_seq INT NOT NULL DEFAULT 0,
  due_at DATETIME(6) NULL,
  pending_at DATETIME(6) NULL,
  run_id VARCHAR(64) ${ASCII} NULL,
  worker_id VARCHAR(64) ${ASCII} NULL,
  first_started_at DATETIME(6) NULL,
  started_at DATETIME(6) NULL,
  finished_at DATETIME(6) NULL,
  cancel_requested_at DATETIME(6) NULL,
  exit_code SMALLINT NULL,
  reason VARCHAR(32) ${ASCII} NULL,
  PRIMARY KEY (id),
  KEY ix_track_pipeline_state (pipeline_id, state, predecessors_left),
  KEY ix_track_due (state, due_at),
  CONSTRAINT fk_track_pipeline FOREIGN KEY (pipeline_id) REFERENCES pipeline (id),
  CONSTRAINT ck_track_id CHECK (id = pipeline_id * 4194304 + vertex_id),
  CONSTRAINT ck_track_state CHECK (
    state IN ('WAITING', 'PENDING', 'RUNNING', 'SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED')),
  CONSTRAINT ck_track_attempt CHECK (attempt >= budget_from_attempt AND budget_from_attempt >= 1),
  CONSTRAINT ck_track_lost CHECK (lost_attempts BETWEEN 0 AND attempt),
  CONSTRAINT ck_track_awaits CHECK (awaits IN ('params', 'approval', 'choice', 'decision')),
  CONSTRAINT ck_track_input CHECK (input IS NULL OR JSON_VALID(input)),
  CONSTRAINT ck_track_chosen CHECK (chosen IS NULL OR JSON_VALID(chosen)),
  CONSTRAINT ck_track_left CHECK (predecessors_left >= 0),
  CONSTRAINT ck_track_claim CHECK ((run_id IS NOT NULL) = (state = 'RUNNING')),
  CONSTRAINT ck_track_claim_complete CHECK (
    state <> 'RUNNING' OR (worker_id IS NOT NULL AND due_at IS NOT NULL AND started_at IS NOT NULL)),
  CONSTRAINT ck_track_pending CHECK (state <> 'PENDING' OR pending_at IS NOT NULL),
  CONSTRAINT ck_track_finished CHECK (
    (finished_at IS NOT NULL) = (state IN ('SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED'))),
  CONSTRAINT ck_track_due CHECK (due_at IS NULL OR state IN ('PENDING', 'RUNNING'))
) ${TABLE_OPTIONS}`;

const CREATE_ATTEMPT = `CREATE TABLE IF NOT EXISTS attempt (
  track_id BIGINT NOT NULL,
  attempt INT NOT NULL,
  run_id VARCHAR(64) ${ASCII} NOT NULL,
  worker_id VARCHAR(64) ${ASCII} NOT NULL,
  result VARCHAR(16) ${ASCII} NOT NULL,
  exit_code SMALLINT NULL,
  term_signal VARCHAR(16) ${ASCII} NULL,
  detail VARCHAR(2000) NULL,
  pending_at DATETIME(6) NOT NULL,
  started_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NOT NULL,
  duration_ms BIGINT NOT NULL,
  output_bytes BIGINT NOT NULL,
  cut_bytes BIGINT NOT NULL,
  PRIMARY KEY (track_id, attempt),
  CONSTRAINT fk_attempt_track FOREIGN KEY (track_id) REFERENCES track (id),
  CONSTRAINT ck_attempt_number CHECK (attempt >= 1),
  CONSTRAINT ck_attempt_result CHECK (result IN
    ('succeed', 'exit_code', 'signal', 'timeout', 'spawn_error', 'bad_choice', 'lost', 'cancelled')),
  CONSTRAINT ck_attempt_bytes CHECK (duration_ms >= 0 AND output_bytes >= 0 AND cut_bytes >= 0)
) ${TABLE_OPTIONS}`;

const CREATE_OUTPUT_CHUNK = `CREATE TABLE IF NOT EXISTS output_chunk (
  track_id BIGINT NOT NULL,
  attempt INT NOT NULL,
  seq INT NOT NULL,
  bytes MEDIUMBLOB NOT NULL,
  PRIMARY KEY (track_id, attempt, seq),
  CONSTRAINT fk_output_chunk_track FOREIGN KEY (track_id) REFERENCES track (id),
  CONSTRAINT ck_output_chunk CHECK (attempt >= 1 AND seq >= 0)
) ${TABLE_OPTIONS}`;

const CREATE_STALE_COMPLETION = `CREATE TABLE IF NOT EXISTS stale_completion (
  id BIGINT NOT NULL AUTO_INCREMENT,
  track_id BIGINT NOT NULL,
  attempt INT NOT NULL,
  run_id VARCHAR(64) ${ASCII} NOT NULL,
  why VARCHAR(24) ${ASCII} NOT NULL,
  completion LONGTEXT NOT NULL,
  received_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_stale_completion (track_id, attempt, run_id),
  CONSTRAINT ck_stale_completion CHECK (JSON_VALID(completion))
) ${TABLE_OPTIONS}`;
