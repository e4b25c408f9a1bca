import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLE_OPTIONS } from './table-options.ts';

/** Graphs, their versions, vertices and edges. Re-runnable: a crash half way leaves nothing that a second run trips over. */
export class Graphs1700000000001 implements MigrationInterface {
  name = 'Graphs1700000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [CREATE_GRAPH, CREATE_GRAPH_VERSION, CREATE_VERTEX, CREATE_EDGE])
      await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['edge', 'vertex', 'graph_version', 'graph']) await queryRunner.query(`DROP TABLE ${table}`);
  }
}

const CREATE_GRAPH = `CREATE TABLE IF NOT EXISTS graph (
  id BIGINT NOT NULL AUTO_INCREMENT,
  name VARCHAR(190) NOT NULL,
  latest_version INT NOT NULL DEFAULT 1,
  next_vertex_id INT NOT NULL DEFAULT 1,
  next_edge_id INT NOT NULL DEFAULT 1,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_graph_name (name),
  CONSTRAINT ck_graph_name CHECK (CHAR_LENGTH(name) >= 1),
  CONSTRAINT ck_graph_next_vertex_id CHECK (next_vertex_id BETWEEN 1 AND 4194304),
  CONSTRAINT ck_graph_latest_version CHECK (latest_version >= 1)
) ${TABLE_OPTIONS}`;

const CREATE_GRAPH_VERSION = `CREATE TABLE IF NOT EXISTS graph_version (
  id BIGINT NOT NULL AUTO_INCREMENT,
  graph_id BIGINT NOT NULL,
  version INT NOT NULL,
  description TEXT NULL,
  on_failure VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
  checked_at DATETIME(6) NULL,
  sealed_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_graph_version (graph_id, version),
  KEY ix_graph_version_unchecked (checked_at, id),
  CONSTRAINT fk_graph_version_graph FOREIGN KEY (graph_id) REFERENCES graph (id),
  CONSTRAINT ck_graph_version_on_failure CHECK (on_failure IN ('stop', 'kill', 'continue', 'hold')),
  CONSTRAINT ck_graph_version_sealed CHECK (sealed_at IS NULL OR checked_at IS NOT NULL)
) ${TABLE_OPTIONS}`;

const CREATE_VERTEX = `CREATE TABLE IF NOT EXISTS vertex (
  version_id BIGINT NOT NULL,
  id INT NOT NULL,
  name VARCHAR(190) NOT NULL,
  description TEXT NULL,
  script MEDIUMTEXT NOT NULL,
  input LONGTEXT NULL,
  next MEDIUMTEXT NULL,
  policies LONGTEXT NULL,
  PRIMARY KEY (version_id, id),
  UNIQUE KEY uq_vertex_name (version_id, name),
  CONSTRAINT fk_vertex_version FOREIGN KEY (version_id) REFERENCES graph_version (id),
  CONSTRAINT ck_vertex_id CHECK (id BETWEEN 1 AND 4194303),
  CONSTRAINT ck_vertex_name CHECK (CHAR_LENGTH(name) >= 1),
  CONSTRAINT ck_vertex_input CHECK (input IS NULL OR JSON_VALID(input)),
  CONSTRAINT ck_vertex_next CHECK (next IS NULL OR JSON_VALID(next)),
  CONSTRAINT ck_vertex_policies CHECK (policies IS NULL OR JSON_VALID(policies))
) ${TABLE_OPTIONS}`;

const CREATE_EDGE = `CREATE TABLE IF NOT EXISTS edge (
  version_id BIGINT NOT NULL,
  id INT NOT NULL,
  tail INT NOT NULL,
  head INT NOT NULL,
  PRIMARY KEY (version_id, id),
  UNIQUE KEY uq_edge_tail_head (version_id, tail, head),
  KEY ix_edge_head (version_id, head),
  CONSTRAINT fk_edge_tail FOREIGN KEY (version_id, tail) REFERENCES vertex (version_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_edge_head FOREIGN KEY (version_id, head) REFERENCES vertex (version_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_edge_self_loop CHECK (tail <> head)
) ${TABLE_OPTIONS}`;
