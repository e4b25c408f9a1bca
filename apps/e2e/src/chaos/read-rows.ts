import { selectRows, type Database, type PipelineEvent } from '@baton/database';

/** The tables as they are: what is judged. Times in ms since 1970. */
export interface Rows {
  pipelines: readonly PipelineRow[];
  tracks: readonly TrackRow[];
  attempts: readonly AttemptRow[];
  /** In the order of their ids. */
  events: readonly EventRow[];
}

export interface PipelineRow {
  id: number;
  graph: string;
  name: string;
  state: string;
  openTracks: number;
  failures: number;
  finishedAtMs: number | null;
  /** Of a child: the track that runs it; and if it is the items of a map, the vertex that is one. */
  parentTrackId: number | null;
  mapVertexId: number | null;
  /** Of one that a schedule started: its name, and when it was due. */
  schedule: string | null;
  scheduledForMs: number | null;
}

export interface TrackRow {
  id: number;
  pipelineId: number;
  vertexId: number;
  vertex: string;
  state: string;
  reason: string | null;
  awaits: string | null;
  attempt: number;
  lostAttempts: number;
  chosen: readonly number[] | null;
  predecessorsLeft: number;
  finishedAtMs: number | null;
}

export interface AttemptRow {
  pipelineId: number;
  vertexId: number;
  attempt: number;
  runId: string;
  workerId: string;
  result: string;
  pendingAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
}

export interface EventRow extends Pick<PipelineEvent, 'id' | 'kind' | 'body'> {
  pipelineId: number;
  atMs: number;
}

/** What the id of a track is made of: the pipeline's, so many times, and the vertex's. */
export const TRACK_ID_STEP = 2 ** 22;

/** Reads everything that is judged, by statements of its own. */
export async function readRows(database: Database): Promise<Rows> {
  const ask = <T>(statement: string): Promise<T[]> => selectRows<T>(database.dataSource, statement);
  const tracks = await ask<Omit<TrackRow, 'chosen'> & { chosen: string | null }>(SELECT_TRACKS);
  const attempts = await ask<Omit<AttemptRow, 'pipelineId' | 'vertexId'> & { trackId: number }>(SELECT_ATTEMPTS);
  const events = await ask<Omit<EventRow, 'body'> & { body: string }>(
    `SELECT id, pipeline_id AS pipelineId, kind, body, ${inMs('at')} AS atMs FROM pipeline_event ORDER BY id`,
  );
  return {
    pipelines: (await ask<PipelineRow>(SELECT_PIPELINES)).map(withNumbers),
    tracks: tracks.map((row) => ({
      ...withNumbers(row),
      chosen: row.chosen === null ? null : (JSON.parse(row.chosen) as number[]),
    })),
    attempts: attempts.map(({ trackId, ...row }) => ({
      ...withNumbers(row),
      pipelineId: Math.floor(trackId / TRACK_ID_STEP),
      vertexId: trackId % TRACK_ID_STEP,
    })),
    events: events.map((row) => ({ ...withNumbers(row), body: JSON.parse(row.body) as EventRow['body'] })),
  };
}

function inMs(column: string): string {
  return `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${column}) / 1000`;
}

/** A quotient comes as text. */
function withNumbers<Row extends object>(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]: [string, unknown]) => {
    return [name, name.endsWith('Ms') && value !== null ? Number(value) : value];
  });
  return Object.fromEntries(entries) as Row;
}

const SELECT_PIPELINES = `
  SELECT p.id, g.name AS graph, p.name, p.state, p.open_tracks AS openTracks, p.failures,
    ${inMs('p.finished_at')} AS finishedAtMs, p.parent_track_id AS parentTrackId, p.map_vertex_id AS mapVertexId,
    s.name AS schedule, ${inMs('p.scheduled_for')} AS scheduledForMs
  FROM pipeline p JOIN graph g ON g.id = p.graph_id LEFT JOIN schedule s ON s.id = p.schedule_id ORDER BY p.id`;

const SELECT_TRACKS = `
  SELECT t.id, t.pipeline_id AS pipelineId, t.vertex_id AS vertexId,
    IF(p.map_vertex_id IS NULL, v.name, CONCAT(v.name, '[', t.vertex_id - 1, ']')) AS vertex, t.state, t.reason, t.awaits,
    t.attempt, t.lost_attempts AS lostAttempts, t.chosen, t.predecessors_left AS predecessorsLeft,
    ${inMs('t.finished_at')} AS finishedAtMs
  FROM track t JOIN pipeline p ON p.id = t.pipeline_id
  JOIN vertex v ON v.version_id = p.version_id AND v.id = COALESCE(p.map_vertex_id, t.vertex_id) ORDER BY t.id`;

const SELECT_ATTEMPTS = `
  SELECT track_id AS trackId, attempt, run_id AS runId, worker_id AS workerId, result,
    ${inMs('pending_at')} AS pendingAtMs, ${inMs('started_at')} AS startedAtMs, ${inMs('finished_at')} AS finishedAtMs
  FROM attempt ORDER BY track_id, attempt`;
