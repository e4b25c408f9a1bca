import type { Finding } from '@baton/domain';
import type { Database } from './data-source.ts';
import { findStrandedPipelines } from './find-stranded.ts';
import { selectRows } from './statements.ts';

/*
 * What must hold of the tables whenever nobody is in the middle of something, looked for from outside: nothing here repairs
 * anything. Each statement is led by an index and bounded, so that it may be asked of a live installation of any size; each
 * is one consistent read, so that a transition under way is seen whole or not at all.
 */

/** So long after its time the reconcile loop of any orchestrator has looked at a thing, unless none does. */
const OVERDUE_SECONDS = 60;
/** Named in a finding at most. */
const NAMED = 10;
/** An entry is made anew this often only where nobody can take it. */
const OFTEN_ENQUEUED = 20;
const LOOKED_AT_TRACKS = 10_000;
const LEFT_OVER_ROWS = 1000;

interface Breach extends Pick<Finding, 'code' | 'severity' | 'advice'> {
  /** Ids of what was found, at most one more than are named. */
  sql: string;
  describe: (ids: string) => string;
}

const BREACHES: readonly Breach[] = [
  {
    code: 'lease_overdue',
    severity: 'error',
    sql: `SELECT id FROM track WHERE state = 'RUNNING' AND due_at < UTC_TIMESTAMP(6) - INTERVAL ${OVERDUE_SECONDS} SECOND
      ORDER BY due_at LIMIT ${NAMED + 1}`,
    describe: (ids) => `tracks are RUNNING although their leases ended over a minute ago: ${ids}`,
    advice: 'see that an orchestrator runs, and what its log says of reconcile_failed and pipeline_not_applied',
  },
  {
    code: 'track_overdue',
    severity: 'error',
    sql: `SELECT id FROM track WHERE state = 'PENDING' AND due_at < UTC_TIMESTAMP(6) - INTERVAL ${OVERDUE_SECONDS} SECOND
      ORDER BY due_at LIMIT ${NAMED + 1}`,
    describe: (ids) => `tracks should have been enqueued over a minute ago: ${ids}`,
    advice: 'see that an orchestrator runs and that Redis takes entries, and what the log says of reconcile_failed',
  },
  {
    code: 'track_not_due',
    severity: 'error',
    sql: `SELECT t.id FROM track t JOIN pipeline p ON p.id = t.pipeline_id
      WHERE t.state = 'PENDING' AND t.due_at IS NULL AND t.awaits IS NULL AND p.state = 'RUNNING' LIMIT ${NAMED + 1}`,
    describe: (ids) => `tracks may run, and nobody will ever enqueue them: ${ids}`,
    advice: 'pause and resume their pipelines, and report this: no version of Baton should leave such',
  },
  {
    code: 'track_not_claimed',
    severity: 'warning',
    sql: `SELECT id FROM (SELECT id, dispatch_seq FROM track WHERE state = 'PENDING' LIMIT ${LOOKED_AT_TRACKS}) pending
      WHERE dispatch_seq >= ${OFTEN_ENQUEUED} LIMIT ${NAMED + 1}`,
    describe: (ids) => `tracks were enqueued ${OFTEN_ENQUEUED} times and more, and nobody claims them: ${ids}`,
    advice: 'ask `baton why TRACK`, and look for claim_failed in the logs of the workers that serve their labels',
  },
];

/** @returns what breaks the rules that the tables keep in a correct system; none of it may be seen */
export async function findBreaches(database: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { code, severity, sql, describe, advice } of BREACHES) {
    const rows = await selectRows<{ id: number }>(database.dataSource, sql);
    if (rows.length > 0) findings.push({ code, severity, found: describe(nameIds(rows)), advice });
  }
  const stranded = await findStrandedPipelines(database, NAMED + 1);
  if (stranded.length > 0) {
    findings.push({
      code: 'pipeline_stranded',
      severity: 'error',
      found: `pipelines have nothing left to live for, or a track that should have started: ${nameIds(stranded.map((id) => ({ id })))}`,
      advice: 'an orchestrator mends such within seconds: see that one runs; and report this',
    });
  }
  return [
    ...findings,
    ...(await findWrongCounters(database)),
    ...(await findMissingKeys(database)),
    ...(await findLeftOverHolders(database)),
  ];
}

function nameIds(rows: readonly { id: number }[]): string {
  const names = rows.slice(0, NAMED).map(({ id }) => String(id));
  return `${names.join(', ')}${rows.length > NAMED ? ' and more' : ''}`;
}

const PREDECESSORS = `t.predecessors_left + t.predecessors_succeeded + t.predecessors_failed + t.predecessors_skipped
  + t.predecessors_cancelled + t.predecessors_not_taken`;

/** Of the newest live pipelines, as many as have together so many tracks: counters against the states and edges they stand for. */
async function findWrongCounters({ dataSource }: Database): Promise<Finding[]> {
  const live = await selectRows<{ id: number; tracks: number }>(
    dataSource,
    `SELECT id, total_tracks AS tracks FROM pipeline WHERE state IN ('RUNNING', 'PAUSED') ORDER BY id DESC LIMIT 200`,
  );
  const ids: number[] = [];
  let tracks = 0;
  for (const pipeline of live) {
    tracks += pipeline.tracks;
    if (ids.length > 0 && tracks > LOOKED_AT_TRACKS) break;
    ids.push(pipeline.id);
  }
  if (ids.length === 0) return [];
  const open = await selectRows<{ id: number }>(
    dataSource,
    `SELECT p.id FROM pipeline p JOIN track t ON t.pipeline_id = p.id WHERE p.id IN (?) GROUP BY p.id, p.open_tracks
      HAVING p.open_tracks <> SUM(t.finished_at IS NULL OR t.awaits IS NOT NULL) LIMIT ${NAMED + 1}`,
    [ids],
  );
  const joins = await selectRows<{ id: number }>(
    dataSource,
    `SELECT DISTINCT p.id FROM pipeline p JOIN track t ON t.pipeline_id = p.id
      WHERE p.id IN (?) AND p.map_vertex_id IS NULL AND t.state = 'WAITING' AND ${PREDECESSORS}
        <> (SELECT COUNT(*) FROM edge e WHERE e.version_id = p.version_id AND e.head = t.vertex_id) LIMIT ${NAMED + 1}`,
    [ids],
  );
  const wrong = [...new Map([...open, ...joins].map((row) => [row.id, row])).values()];
  if (wrong.length === 0) return [];
  return [
    {
      code: 'counters_wrong',
      severity: 'error',
      found: `counters of pipelines do not agree with their tracks and edges: ${nameIds(wrong)}`,
      advice:
        'report this with `baton history PIPELINE`; once such a pipeline stands still an orchestrator recounts it',
    },
  ];
}

/** What makes a second claim, attempt or start impossible: gone after a restore that left indexes out, or by a person's hand. */
const KEYS: Readonly<Record<string, string>> = {
  'track PRIMARY': 'id',
  'attempt PRIMARY': 'track_id,attempt',
  'output_chunk PRIMARY': 'track_id,attempt,seq',
  'track_output PRIMARY': 'track_id,attempt,name',
  'stale_completion uq_stale_completion': 'track_id,attempt,run_id',
  'limit_holder PRIMARY': 'limit_key,track_id',
  'schedule_fire PRIMARY': 'schedule_id,due_at',
  'idempotency_key PRIMARY': 'token_id,idempotency_key',
  'pipeline_event uq_pipeline_event_action': 'action_id,pipeline_id',
  'edge uq_edge_tail_head': 'version_id,tail,head',
};

async function findMissingKeys({ dataSource }: Database): Promise<Finding[]> {
  const rows = await selectRows<{ name: string; columns: string }>(
    dataSource,
    `SELECT CONCAT(TABLE_NAME, ' ', INDEX_NAME) AS name, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS columns
      FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 GROUP BY TABLE_NAME, INDEX_NAME`,
  );
  const found = new Map(rows.map(({ name, columns }) => [name, columns]));
  const missing = Object.entries(KEYS).flatMap(([name, columns]) => (found.get(name) === columns ? [] : [name]));
  if (missing.length === 0) return [];
  return [
    {
      code: 'key_missing',
      severity: 'error',
      found: `unique keys are missing or have other columns, so that what they forbid may happen twice: ${missing.join(', ')}`,
      advice: 'compare the tables with packages/database/schema.sql and restore the keys',
    },
  ];
}

/** They count for nothing, and later claims under the same limit sweep them. */
async function findLeftOverHolders({ dataSource }: Database): Promise<Finding[]> {
  const [row] = await selectRows<{ found: number }>(
    dataSource,
    `SELECT COUNT(*) AS found FROM (SELECT h.track_id FROM (SELECT * FROM limit_holder LIMIT ${LOOKED_AT_TRACKS}) h
       LEFT JOIN track t ON t.id = h.track_id AND t.run_id = h.run_id AND t.state = 'RUNNING' WHERE t.id IS NULL) left_over`,
  );
  const found = Number(row?.found ?? 0);
  if (found < LEFT_OVER_ROWS) return [];
  return [
    {
      code: 'limit_rows_left_over',
      severity: 'note',
      found: `${found} rows and more of limit_holder are of runs that have ended: they count for nothing and take place`,
      advice: 'nothing, unless their number grows from day to day; claims under the same limits remove them',
    },
  ];
}
