import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { databaseErrorNumber } from './database-errors.ts';
import { useTestDatabase } from './testing-database.ts';
import { startTestFlow, type TestFlow } from './testing.ts';
import { dumpSchema, findColumns } from './testing-schema.ts';

const database = useTestDatabase();
let flow: TestFlow;
beforeAll(async () => {
  flow = await startTestFlow(database, { edges: ['A->B'] });
});

const committed = readFileSync(path.join(import.meta.dirname, '../schema.sql'), 'utf8');

test('schema.sql says what the migrations make; `npm run schema -w @baton/database` writes it', async () => {
  const schema = await dumpSchema(database);
  expect(findColumns(schema)).toEqual(findColumns(committed));
  // MySQL says the same in other words.
  expect(database.flavor === 'mariadb' ? schema : committed).toBe(committed);
});

/** Errors of a CHECK (MariaDB, MySQL), of a foreign key, a duplicate, a value that does not fit or is missing. */
const REFUSALS = new Set([4025, 3819, 1452, 1451, 1062, 1048, 1265, 1406]);

/** A change of one row that no program of ours makes. `#` is the pipeline's id, `$` the id of the track of A. */
const NONSENSE = {
  ck_graph_name: `UPDATE graph SET name = ''`,
  ck_graph_next_vertex_id: 'UPDATE graph SET next_vertex_id = 4194305',
  ck_graph_latest_version: 'UPDATE graph SET latest_version = 0',
  ck_graph_version_on_failure: `UPDATE graph_version SET on_failure = 'panic'`,
  ck_graph_version_sealed: 'UPDATE graph_version SET checked_at = NULL',
  ck_vertex_id:
    'INSERT INTO vertex (version_id, id, name, script) SELECT version_id, 4194304, "x", "" FROM vertex LIMIT 1',
  ck_vertex_name: `UPDATE vertex SET name = '' WHERE id = 1`,
  ck_vertex_input: `UPDATE vertex SET input = '{'`,
  ck_vertex_next: `UPDATE vertex SET next = '['`,
  ck_vertex_policies: `UPDATE vertex SET policies = 'x'`,
  ck_edge_self_loop: 'INSERT INTO edge (version_id, id, tail, head) SELECT version_id, 9, tail, tail FROM edge LIMIT 1',
  fk_edge_head: 'INSERT INTO edge (version_id, id, tail, head) SELECT version_id, 9, tail, 77 FROM edge LIMIT 1',
  uq_edge_tail_head: 'INSERT INTO edge (version_id, id, tail, head) SELECT version_id, 9, tail, head FROM edge LIMIT 1',
  ck_pipeline_mode: `UPDATE pipeline SET mode = 'x' WHERE id = #`,
  ck_pipeline_on_failure: `UPDATE pipeline SET on_failure = 'x' WHERE id = #`,
  ck_pipeline_state: `UPDATE pipeline SET state = 'DONE', finished_at = UTC_TIMESTAMP(6) WHERE id = #`,
  ck_pipeline_params: `UPDATE pipeline SET params = '' WHERE id = #`,
  ck_pipeline_total: 'UPDATE pipeline SET total_tracks = 0, open_tracks = 0 WHERE id = #',
  ck_pipeline_open: 'UPDATE pipeline SET open_tracks = open_tracks + 1 WHERE id = #',
  'ck_pipeline_open below': 'UPDATE pipeline SET open_tracks = -1 WHERE id = #',
  ck_pipeline_failures: 'UPDATE pipeline SET failures = 3 WHERE id = #',
  ck_pipeline_finished: `UPDATE pipeline SET state = 'FAILED' WHERE id = #`,
  ck_pipeline_finish: `UPDATE pipeline SET state = 'FINISH', finished_at = UTC_TIMESTAMP(6) WHERE id = #`,
  ck_track_id: 'UPDATE track SET vertex_id = 5 WHERE id = $',
  ck_track_state: `UPDATE track SET state = 'READY', due_at = NULL WHERE id = $`,
  ck_track_attempt: 'UPDATE track SET attempt = 0 WHERE id = $',
  ck_track_lost: 'UPDATE track SET lost_attempts = 2 WHERE id = $',
  ck_track_awaits: `UPDATE track SET awaits = 'rain' WHERE id = $`,
  ck_track_input: `UPDATE track SET input = '{' WHERE id = $`,
  ck_track_chosen: `UPDATE track SET chosen = '[' WHERE id = $`,
  ck_track_left: 'UPDATE track SET predecessors_left = -1 WHERE id = $',
  ck_track_claim: `UPDATE track SET run_id = 'a-run' WHERE id = $`,
  'ck_track_claim without one': `UPDATE track SET state = 'RUNNING', worker_id = 'w', started_at = UTC_TIMESTAMP(6) WHERE id = $`,
  ck_track_claim_complete: `UPDATE track SET state = 'RUNNING', run_id = 'r', started_at = UTC_TIMESTAMP(6) WHERE id = $`,
  ck_track_pending: 'UPDATE track SET pending_at = NULL WHERE id = $',
  ck_track_finished: `UPDATE track SET state = 'SUCCEED', due_at = NULL WHERE id = $`,
  'ck_track_finished while it waits': 'UPDATE track SET finished_at = UTC_TIMESTAMP(6) WHERE id = $',
  ck_track_due: `UPDATE track SET state = 'CANCELLED', finished_at = UTC_TIMESTAMP(6) WHERE id = $`,
  fk_track_pipeline: `INSERT INTO track (id, pipeline_id, vertex_id, state, predecessors_left) VALUES (1, 0, 1, 'WAITING', 0)`,
  ck_attempt_number: insertAttempt({ attempt: 0 }),
  ck_attempt_result: insertAttempt({ result: `'fine'` }),
  ck_attempt_bytes: insertAttempt({ duration_ms: -1 }),
  fk_attempt_track: insertAttempt({ track_id: 1 }),
  ck_output_chunk: `INSERT INTO output_chunk VALUES ($, 1, -1, 'x')`,
  ck_stale_completion: `INSERT INTO stale_completion (track_id, attempt, run_id, why, completion, received_at)
    VALUES ($, 1, 'r', 'w', '{', UTC_TIMESTAMP(6))`,
  ck_installation_single: 'INSERT INTO installation SELECT 2, completion_secret, created_at FROM installation',
  ck_api_token_scopes: `INSERT INTO api_token (id, name, secret_hash, scopes, created_by, created_at)
    VALUES ('t', 't', REPEAT('x', 32), 'root', 'x', UTC_TIMESTAMP(6))`,
  ck_worker_labels: insertWorker({ labels: `'x'` }),
  ck_worker_slots: insertWorker({ slots: 0 }),
  ck_graph_version_limits: 'UPDATE graph_version SET timeout_ms = 0',
  'ck_graph_version_limits of tracks': 'UPDATE graph_version SET run_limit = 0',
  ck_pipeline_map: 'UPDATE pipeline SET map_vertex_id = 1 WHERE id = #',
  'ck_pipeline_map of nobody': 'UPDATE pipeline SET map_vertex_id = 1, map_size = 1 WHERE id = #',
  ck_pipeline_depth: 'UPDATE pipeline SET depth = 1 WHERE id = #',
  ck_pipeline_schedule: 'UPDATE pipeline SET schedule_id = 1 WHERE id = #',
  ck_track_gate: `UPDATE track SET gate_decision = 'maybe' WHERE id = $`,
  ck_track_started: 'UPDATE track SET started_attempt = 2 WHERE id = $',
  ck_track_pending_only: `UPDATE track SET state = 'CANCELLED', due_at = NULL, finished_at = UTC_TIMESTAMP(6),
    waits_for = 'pool:x' WHERE id = $`,
  ck_track_output: `INSERT INTO track_output VALUES ($, 1, '', 'x')`,
  fk_track_output_track: `INSERT INTO track_output VALUES (1, 1, 'x', 'x')`,
  ck_pipeline_event_body: `INSERT INTO pipeline_event (pipeline_id, at, kind, body) VALUES (#, UTC_TIMESTAMP(6), 'flow', '{')`,
  fk_pipeline_event_pipeline: `INSERT INTO pipeline_event (pipeline_id, at, kind, body) VALUES (0, UTC_TIMESTAMP(6), 'flow', '{}')`,
  ck_limit_key_capacity: `INSERT INTO limit_key VALUES ('pool:x', -1, UTC_TIMESTAMP(6))`,
  fk_limit_holder_key: `INSERT INTO limit_holder VALUES ('pool:nobody', $, 'r')`,
  ck_schedule_overlap: insertSchedule({ overlap_policy: `'both'` }),
  ck_schedule_catch_up: insertSchedule({ catch_up_limit: -1 }),
  ck_schedule_request: insertSchedule({ request: `'{'` }),
  ck_schedule_changed_by: insertSchedule({ changed_by: `'['` }),
  ck_schedule_fire_state: insertFire({ state: `'late'` }),
  ck_schedule_fire_backfill: insertFire({ backfill_at_once: 0 }),
  ck_schedule_fire_started: insertFire({ state: `'started'` }),
  ck_process_kind: insertProcess({ kind: `'cli'` }),
  ck_process_settings: insertProcess({ settings: `'{'` }),
  ck_process_counters: insertProcess({ counters: `'['` }),
} satisfies Record<string, string>;

function insertSchedule(changes: Record<string, string | number>): string {
  const now = 'UTC_TIMESTAMP(6)';
  return insertRow('schedule', {
    id: 1,
    name: `'s'`,
    cron: `'* * * * *'`,
    time_zone: `'UTC'`,
    graph: `'g'`,
    request: `'{}'`,
    overlap_policy: `'allow'`,
    catch_up_limit: 0,
    created_by: `'x'`,
    created_at: now,
    updated_at: now,
    ...changes,
  });
}

function insertFire(changes: Record<string, string | number>): string {
  const now = 'UTC_TIMESTAMP(6)';
  return insertRow('schedule_fire', { schedule_id: 1, due_at: now, state: `'missed'`, decided_at: now, ...changes });
}

function insertProcess(changes: Record<string, string | number>): string {
  const now = 'UTC_TIMESTAMP(6)';
  return insertRow('process', {
    id: `'p'`,
    kind: `'api'`,
    host: `'h'`,
    pid: 1,
    software_version: `'1'`,
    settings: `'{}'`,
    counters: `'{}'`,
    clock_skew_ms: 0,
    started_at: now,
    seen_at: now,
    ...changes,
  });
}

function insertAttempt(changes: Record<string, string | number>): string {
  const now = 'UTC_TIMESTAMP(6)';
  return insertRow('attempt', {
    track_id: '$',
    attempt: 1,
    run_id: `'r'`,
    worker_id: `'w'`,
    result: `'succeed'`,
    pending_at: now,
    started_at: now,
    finished_at: now,
    duration_ms: 0,
    output_bytes: 0,
    cut_bytes: 0,
    ...changes,
  });
}

function insertWorker(changes: Record<string, string | number>): string {
  const now = 'UTC_TIMESTAMP(6)';
  return insertRow('worker', {
    id: `'w'`,
    name: `'w'`,
    host: `'h'`,
    pid: 1,
    software_version: `'1'`,
    isolation_level: `'x'`,
    labels: `'[]'`,
    slots: 1,
    started_at: now,
    seen_at: now,
    ...changes,
  });
}

function insertRow(table: string, row: Record<string, string | number>): string {
  return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).join(', ')})`;
}

test.each(Object.entries(NONSENSE))('the database refuses nonsense: %s', async (constraint, statement) => {
  const sql = statement.replaceAll('#', String(flow.pipelineId)).replaceAll('$', String(flow.trackId('A')));
  const error: unknown = await database.dataSource.query(sql).catch((caught: unknown) => caught);
  expect(REFUSALS).toContain(databaseErrorNumber(error));
  expect((error as Error).message).toContain(constraint.split(' ')[0]);
});

test('every CHECK has a row above', () => {
  const checks = [...committed.matchAll(/CONSTRAINT `(\w+)` CHECK/g)].map(([, name]) => name);
  expect(checks.filter((name) => !Object.hasOwn(NONSENSE, name ?? ''))).toEqual([]);
});

test('the rows of the helpers are refused for what they change only', async () => {
  const sql = insertAttempt({}).replaceAll('$', String(flow.trackId('A')));
  const inserts = [sql, insertWorker({}), insertSchedule({}), insertFire({}), insertProcess({})];
  for (const statement of inserts) await database.dataSource.query(statement);
  await database.dataSource.query('DELETE FROM attempt');
});
