import type { FailurePolicy, JsonValue, PipelineMode, PipelineState, TrackState } from '@baton/domain';
import { TRACK_STATES } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows, type Runner } from './statements.ts';

/** A pipeline as people see it, with the name of its graph. */
export interface PipelineRecord {
  id: number;
  versionId: number;
  graphId: number;
  graph: string;
  version: number;
  name: string;
  mode: PipelineMode;
  onFailure: FailurePolicy;
  priority: number;
  state: PipelineState;
  /** As the start request gave them: secrets are in clear here, the caller masks them. */
  params: Record<string, JsonValue>;
  totalTracks: number;
  openTracks: number;
  failures: number;
  reason: string | null;
  createdBy: string;
  /** FAILED when it has not ended by then. */
  deadlineAt: Date | null;
  /** Of the schedule that started it, and the due time; null: a person or a track did. */
  scheduleId: number | null;
  scheduledFor: Date | null;
  /** Of the track that runs it. */
  parentTrackId: number | null;
  /** Of the items of a map: its vertex in the version, and how many there are. */
  mapVertexId: number | null;
  mapSize: number | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface PipelineFilter {
  /** Empty: every state. */
  states: readonly PipelineState[];
  graphId?: number;
  /** Names that begin so; compared exactly. */
  namePrefix?: string;
  /** Only those that this track runs; null: only those that no track runs. */
  parentTrackId?: number | null;
  /** Both exclusive. */
  createdAfter?: Date;
  createdBefore?: Date;
  /** Only pipelines with a smaller id: the last one of the page before. */
  beforeId?: number;
  limit: number;
}

const SELECT_PIPELINE = `SELECT p.id, p.version_id AS versionId, p.graph_id AS graphId, g.name AS graph, v.version,
    p.name, p.mode, p.on_failure AS onFailure, p.priority, p.state, p.params, p.total_tracks AS totalTracks,
    p.open_tracks AS openTracks, p.failures, p.reason, p.created_by AS createdBy, p.deadline_at AS deadlineAt,
    p.schedule_id AS scheduleId, p.scheduled_for AS scheduledFor,
    p.parent_track_id AS parentTrackId, p.map_vertex_id AS mapVertexId, p.map_size AS mapSize,
    p.created_at AS createdAt, p.finished_at AS finishedAt`;
const JOIN_GRAPH = 'STRAIGHT_JOIN graph g ON g.id = p.graph_id STRAIGHT_JOIN graph_version v ON v.id = p.version_id';

type PipelineRow = Omit<PipelineRecord, 'params'> & { params: string };

/** @returns the pipelines that pass the filter, newest first, `limit` at most */
export async function findPipelines(database: Database, filter: PipelineFilter): Promise<PipelineRecord[]> {
  const { sql, values } = pipelineIdsQuery(filter);
  const rows = await selectRows<PipelineRow>(
    database.dataSource,
    // The page comes first: MySQL might else read the whole table and look each row up in the page.
    `${SELECT_PIPELINE} FROM (${sql}) page STRAIGHT_JOIN pipeline p ON p.id = page.id ${JOIN_GRAPH} ORDER BY page.id DESC`,
    values,
  );
  return rows.map(toRecord);
}

/** @returns the pipeline, or null where there is none */
export async function findPipeline(database: Database, pipelineId: number): Promise<PipelineRecord | null> {
  const [pipeline] = await findPipelinesById(database.dataSource, [pipelineId]);
  return pipeline ?? null;
}

/** @param ids not many, not none. @returns those that there are, in no order */
export async function findPipelinesById(runner: Runner, ids: readonly number[]): Promise<PipelineRecord[]> {
  const rows = await selectRows<PipelineRow>(
    runner,
    `${SELECT_PIPELINE} FROM pipeline p ${JOIN_GRAPH} WHERE p.id IN (?)`,
    [ids],
  );
  return rows.map(toRecord);
}

/** @returns how many tracks of the pipeline are in each state, 0 included; read from one index alone */
export async function countTracksByState(database: Database, pipelineId: number): Promise<Record<TrackState, number>> {
  const rows = await selectRows<{ state: TrackState; tracks: number }>(database.dataSource, COUNT_TRACKS, [pipelineId]);
  const found = new Map(rows.map(({ state, tracks }) => [state, Number(tracks)]));
  return Object.fromEntries(TRACK_STATES.map((state) => [state, found.get(state) ?? 0])) as Record<TrackState, number>;
}

const COUNT_TRACKS = 'SELECT state, COUNT(*) AS tracks FROM track WHERE pipeline_id = ? GROUP BY state';

/**
 * The ids of one page, newest first. One branch a state: each reads its own piece of the index (state, id) from the end and
 * stops at the limit, which `state IN (...)` with an order by id would not do.
 */
function pipelineIdsQuery(filter: PipelineFilter): { sql: string; values: unknown[] } {
  const common = commonConditions(filter);
  const states = filter.states.length === 0 ? [null] : [...new Set(filter.states)];
  const branches = states.map((state) => {
    const conditions = state === null ? common : [{ sql: 'state = ?', value: state }, ...common];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
    return {
      sql: `(SELECT id FROM pipeline ${where} ORDER BY id DESC LIMIT ?)`,
      values: [...conditions.map(({ value }) => value), filter.limit],
    };
  });
  const values = branches.flatMap((branch) => branch.values);
  if (branches.length === 1) return { sql: branches[0]?.sql.slice(1, -1) ?? '', values };
  return {
    sql: `${branches.map(({ sql }) => sql).join(' UNION ALL ')} ORDER BY id DESC LIMIT ?`,
    values: [...values, filter.limit],
  };
}

function commonConditions(filter: PipelineFilter): { sql: string; value: unknown }[] {
  const conditions: { sql: string; value: unknown }[] = [];
  const add = (sql: string, value: unknown): void => {
    if (value !== undefined) conditions.push({ sql, value });
  };
  add('graph_id = ?', filter.graphId);
  add('parent_track_id <=> ?', filter.parentTrackId);
  if (filter.namePrefix !== undefined) add('name LIKE ?', `${escapeLike(filter.namePrefix)}%`);
  add('created_at > ?', filter.createdAfter);
  add('created_at < ?', filter.createdBefore);
  add('id < ?', filter.beforeId);
  return conditions;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function toRecord(row: PipelineRow): PipelineRecord {
  return { ...row, params: JSON.parse(row.params) as Record<string, JsonValue> };
}
