import {
  decideStart,
  isPipelineEnded,
  TRACK_STATES,
  waitingTrack,
  type FailurePolicy,
  type JsonValue,
  type PipelineMode,
  type PipelineState,
  type StartedPipeline,
  type TrackState,
  type TrackToDispatch,
  type TrackView,
} from '@baton/domain';
import { insertStartedTracks, insertWaitingTracks, type NewTrack } from './insert-tracks.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { fromNow } from './pending-columns.ts';
import { insertEvents, type EventBody, type EventToWrite, type TrackEntry } from './pipeline-events.ts';
import { MAX_REASON_LENGTH } from './pipeline-updates.ts';
import { recordTrack } from './record-changes.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';
import { describeTrack } from './track-to-dispatch.ts';

export interface PipelineRequest {
  graph: StoredGraph;
  name: string;
  mode: PipelineMode;
  onFailure: FailurePolicy;
  /** Higher first. */
  priority: number;
  /** As given, for people. */
  params: Record<string, JsonValue>;
  /** Resolved parameter values by vertex name. */
  inputs: ReadonlyMap<string, Record<string, JsonValue>>;
  /** Names of vertices whose tracks are held until a person gives the missing parameters. */
  held: ReadonlySet<string>;
  createdBy: string;
  /** Whose doing it is, where that is not `createdBy`: who made the schedule. */
  startedBy?: string;
  /** By whose doing it is as well, and how. */
  helpers?: readonly { actor: string; reason: string }[];
  /** Of the whole pipeline, ms; null or absent: the graph's, if it has one. */
  timeoutMs?: number | null;
  /** Of a pipeline that a track runs: that track, and how many pipelines are above it. */
  parentTrackId?: number | null;
  depth?: number;
  /** Of the items of a map: the vertex, and how many items there are. */
  mapVertexId?: number | null;
  mapSize?: number | null;
  /** Of a schedule, and the due time that it is started for. */
  scheduleId?: number | null;
  scheduledFor?: Date | null;
}

export interface CreatedPipeline {
  pipelineId: number;
  /** An ended one where the conditions of the first vertices left nothing to run. */
  state: PipelineState;
  /** How many tracks it has in each state. */
  counts: Record<TrackState, number>;
  /** To be enqueued after the commit. */
  toDispatch: TrackToDispatch[];
}

/** Writes a pipeline and one track a vertex, in the caller's transaction; the version must be sealed in it or before. */
export async function createPipeline(runner: Runner, request: PipelineRequest): Promise<CreatedPipeline> {
  const [created] = await createPipelines(runner, [request]);
  if (created === undefined) throw new Error('expected a pipeline, found none made');
  return created;
}

/**
 * The same for several at once, with the statements of one.
 * @returns in the same order
 */
export async function createPipelines(
  runner: Runner,
  requests: readonly PipelineRequest[],
): Promise<CreatedPipeline[]> {
  const decided = requests.map((request) => ({ request, started: decideStart(request.graph, request) }));
  const firstId = await insertPipelines(runner, decided);
  const idStep = requests.length === 1 ? 0 : await readIdStep(runner);
  const starts = decided.map((start, index) => ({ ...start, pipelineId: firstId + index * idStep }));
  await insertTracks(runner, starts);
  await insertEvents(runner, starts.flatMap(listEvents));
  return starts.map(describeCreated);
}

/**
 * The ids that one statement gives to rows whose number is known beforehand follow each other, whatever
 * innodb_autoinc_lock_mode is (MySQL's manual, AUTO_INCREMENT handling in InnoDB: simple inserts).
 * @returns from one to the next: not 1 where servers write beside each other
 */
async function readIdStep(runner: Runner): Promise<number> {
  const [row] = await selectRows<{ idStep: number }>(runner, 'SELECT @@auto_increment_increment AS idStep');
  return Number(row?.idStep);
}

function listEvents({ pipelineId, request, started }: Start): EventToWrite[] {
  const made = {
    pipelineId,
    kind: 'start' as const,
    actor: request.startedBy ?? request.createdBy,
    reason: request.startedBy === undefined ? null : request.createdBy,
    actionId: null,
    body: recordStart(request, started),
  };
  const helpers = (request.helpers ?? []).map((helper) => ({ ...made, ...helper, body: {} }));
  return [made, ...helpers];
}

function describeCreated({ pipelineId, request, started }: Start): CreatedPipeline {
  const { graph } = request;
  const { state } = started.pipeline;
  const pipeline = { id: pipelineId, name: request.name, priority: request.priority, createdAt: new Date() };
  const ready = isPipelineEnded(state) ? [] : [...started.tracks.values()].filter(isReady);
  const toDispatch = ready.map(({ vertexId }) => describeTrack(graph, pipeline, { vertexId, attempt: 1, seq: 1 }));
  return { pipelineId, state, counts: countStates(graph.vertices.size, started), toDispatch };
}

function countStates(total: number, { tracks }: StartedPipeline): Record<TrackState, number> {
  const counts = Object.fromEntries(TRACK_STATES.map((state) => [state, 0])) as Record<TrackState, number>;
  counts.WAITING = total - tracks.size;
  for (const { state } of tracks.values()) counts[state] += 1;
  return counts;
}

function isReady({ state, awaits }: TrackView): boolean {
  return state === 'PENDING' && awaits === null;
}

/** @returns the id of the first */
async function insertPipelines(runner: Runner, starts: readonly Pick<Start, 'request' | 'started'>[]): Promise<number> {
  const rows = starts.map(pipelineRow);
  const { insertId } = await execute(
    runner,
    `INSERT INTO pipeline (version_id, graph_id, name, mode, on_failure, priority, state, params, total_tracks, open_tracks,
       failures, reason, created_by, timeout_ms, parent_track_id, depth, map_vertex_id, map_size, schedule_id, scheduled_for,
       deadline_at, created_at, finished_at)
     VALUES ${rows.map(({ place }) => place).join(', ')}`,
    rows.flatMap(({ values }) => values),
  );
  return insertId;
}

function pipelineRow({ request, started: { pipeline } }: Pick<Start, 'request' | 'started'>): {
  place: string;
  values: unknown[];
} {
  const { graph } = request;
  const timeoutMs = request.timeoutMs ?? graph.timeoutMs;
  const values = [
    graph.versionId,
    graph.graphId,
    request.name,
    request.mode,
    request.onFailure,
    request.priority,
    pipeline.state,
    toStoredJson(request.params),
    graph.vertices.size,
    pipeline.openTracks,
    pipeline.failures,
    pipeline.reason?.slice(0, MAX_REASON_LENGTH) ?? null,
    request.createdBy,
    timeoutMs,
    request.parentTrackId ?? null,
    request.depth ?? 0,
    request.mapVertexId ?? null,
    request.mapSize ?? null,
    request.scheduleId ?? null,
    request.scheduledFor ?? null,
  ];
  const finishedAt = isPipelineEnded(pipeline.state) ? 'UTC_TIMESTAMP(6)' : 'NULL';
  const times = [fromNow(timeoutMs), 'UTC_TIMESTAMP(6)', finishedAt];
  return { place: `(${[...values.map(() => '?'), ...times].join(', ')})`, values };
}

interface Start {
  pipelineId: number;
  request: PipelineRequest;
  started: StartedPipeline;
}

async function insertTracks(runner: Runner, starts: readonly Start[]): Promise<void> {
  await insertWaitingTracks(runner, waitingTracks(starts));
  await insertStartedTracks(
    runner,
    starts.flatMap(({ pipelineId, request, started }) => {
      const isPipelineLive = !isPipelineEnded(started.pipeline.state);
      return [...request.graph.vertices.values()].flatMap((vertex) => {
        const view = started.tracks.get(vertex.id);
        if (view === undefined) return [];
        const input = request.inputs.get(vertex.name);
        return [{ pipelineId, vertex, input, awaits: view.awaits, view, isPipelineLive }];
      });
    }),
  );
}

/** Of very many vertices others have their turn between the statements, so each is made when it is needed. */
function* waitingTracks(starts: readonly Start[]): Generator<NewTrack> {
  for (const { pipelineId, request, started } of starts) {
    const { graph, inputs, held } = request;
    for (const vertex of graph.vertices.values()) {
      if (started.tracks.has(vertex.id)) continue;
      const awaits = held.has(vertex.name) ? 'params' : null;
      yield { pipelineId, vertex, input: inputs.get(vertex.name), awaits };
    }
  }
}

/** Plainly waiting tracks without values are not named: the graph's version says that they are there. */
function recordStart(request: PipelineRequest, started: StartedPipeline): EventBody {
  const { graph, inputs, held, name, mode, onFailure, priority, params } = request;
  const tracks: TrackEntry[] = [];
  for (const vertex of graph.vertices.values()) {
    const view = started.tracks.get(vertex.id);
    const plain: TrackEntry = { vertexId: vertex.id, ...(held.has(vertex.name) ? { awaits: 'params' as const } : {}) };
    const entry = view === undefined ? plain : recordTrack({ before: waitingTrack(vertex.id), after: view });
    const input = inputs.get(vertex.name) ?? {};
    if (Object.keys(input).length > 0) entry.input = input;
    if (Object.keys(entry).length > 1) tracks.push(entry);
  }
  const { versionId } = graph;
  const totalTracks = graph.vertices.size;
  return { pipeline: { versionId, name, mode, onFailure, priority, params, totalTracks, ...started.pipeline }, tracks };
}
