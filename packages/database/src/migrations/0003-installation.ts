import { randomBytes } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLE_OPTIONS } from './table-options.ts';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

/** What an installation has besides its flows: its secret, tokens, workers, queues, and answers kept for repeated requests. */
export class Installation1700000000003 implements MigrationInterface {
  name = 'Installation1700000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS installation (
      id TINYINT NOT NULL,
      completion_secret BINARY(32) NOT NULL,
      created_at DATETIME(6) NOT NULL,
      PRIMARY KEY (id),
      CONSTRAINT ck_installation_single CHECK (id = 1)
    ) ${TABLE_OPTIONS}`);
    await queryRunner.query('INSERT IGNORE INTO installation VALUES (1, ?, UTC_TIMESTAMP(6))', [randomBytes(32)]);
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS api_token (
      id VARCHAR(32) ${ASCII} NOT NULL,
      name VARCHAR(190) NOT NULL,
      secret_hash BINARY(32) NOT NULL,
      scopes VARCHAR(64) ${ASCII} NOT NULL,
      created_by VARCHAR(190) NOT NULL,
      created_at DATETIME(6) NOT NULL,
      expires_at DATETIME(6) NULL,
      revoked_at DATETIME(6) NULL,
      last_used_at DATETIME(6) NULL,
      PRIMARY KEY (id),
      UNIQUE KEY uq_api_token_hash (secret_hash),
      CONSTRAINT ck_api_token_scopes CHECK (scopes REGEXP '^(admin|operate|submit|read|worker)(,(admin|operate|submit|read|worker))*$')
    ) ${TABLE_OPTIONS}`);
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS worker (
      id VARCHAR(64) ${ASCII} NOT NULL,
      name VARCHAR(190) NOT NULL,
      host VARCHAR(190) NOT NULL,
      pid INT NOT NULL,
      software_version VARCHAR(64) NOT NULL,
      isolation_level VARCHAR(32) ${ASCII} NOT NULL,
      labels LONGTEXT NOT NULL,
      slots INT NOT NULL,
      is_draining TINYINT NOT NULL DEFAULT 0,
      started_at DATETIME(6) NOT NULL,
      seen_at DATETIME(6) NOT NULL,
      PRIMARY KEY (id),
      KEY ix_worker_seen (seen_at),
      CONSTRAINT ck_worker_labels CHECK (JSON_VALID(labels)),
      CONSTRAINT ck_worker_slots CHECK (slots >= 1)
    ) ${TABLE_OPTIONS}`);
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS track_queue (
      labels VARCHAR(1300) ${ASCII} NOT NULL,
      created_at DATETIME(6) NOT NULL,
      PRIMARY KEY (labels)
    ) ${TABLE_OPTIONS}`);
    await queryRunner.query(`CREATE TABLE IF NOT EXISTS idempotency_key (
      token_id VARCHAR(32) ${ASCII} NOT NULL,
      idempotency_key VARCHAR(255) NOT NULL,
      request_hash BINARY(32) NOT NULL,
      status SMALLINT NULL,
      response LONGTEXT NULL,
      created_at DATETIME(6) NOT NULL,
      PRIMARY KEY (token_id, idempotency_key),
      KEY ix_idempotency_key_created (created_at)
    ) ${TABLE_OPTIONS}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['idempotency_key', 'track_queue', 'worker', 'api_token', 'installation']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
