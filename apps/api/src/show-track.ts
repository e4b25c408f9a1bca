import {
  countStaleCompletions,
  findAttempts,
  findLastAction,
  findTrack,
  loadPipelineGraph,
  type AttemptRecord,
  type Database,
  type GraphVertex,
  type LastAction,
  type PipelineRecord,
  type StoredGraph,
  type TrackRecord,
} from '@baton/database';
import {
  AWAITED,
  BatonError,
  declarationsOf,
  FAILURE_REASONS,
  GATE_DECISIONS,
  PIPELINE_STATES,
  TRACK_STATES,
  type JsonValue,
} from '@baton/domain';
import { z } from 'zod';
import { previewScript } from '@baton/claims';
import { choiceSchema, describeChoice, describeGate, gateSchema } from './show-decision.ts';
import { getPipeline, MASK } from './show-pipeline.ts';

const trackFields = {
  id: z.int(),
  pipelineId: z.int(),
  pipeline: z.string().describe("the pipeline's name"),
  pipelineState: z.enum(PIPELINE_STATES),
  vertexId: z.int(),
  vertex: z.string(),
  state: z.enum(TRACK_STATES),
  attempt: z.int().describe('the current attempt, or the next while it waits'),
  awaits: z.enum(AWAITED).nullable().describe('what a person has to give before it goes on'),
  gate: gateSchema.nullable().describe("its vertex's gate; null: it has none"),
  gateDecision: z.enum(GATE_DECISIONS).nullable(),
  choice: choiceSchema.nullable().describe('while it awaits a choice'),
  chosen: z.array(z.string()).nullable().describe('the successors that it went on with; null: all, or not yet'),
  exitCode: z.int().nullable(),
  reason: z.string().nullable().describe('why it ended so'),
  detail: z.string().nullable().describe('more about the reason'),
  childPipelineId: z.int().nullable().describe('the pipeline that it runs, or ran last'),
  input: z.record(z.string(), z.json()).describe(`parameter values; secrets are ${MASK}`),
  script: z.string().describe('as a worker gets it; as the graph has it while values are missing'),
  worker: z.string().nullable(),
  pendingAt: z.iso.datetime().nullable(),
  notBefore: z.iso.datetime().nullable().describe('its next attempt is delayed until then'),
  expiresAt: z.iso.datetime().nullable().describe('its gate, or its wait for a worker, ends then'),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
};

export const trackSchema = z.strictObject(trackFields).meta({ id: 'Track' });

const attemptSchema = z
  .strictObject({
    attempt: z.int(),
    runId: z.string(),
    worker: z.string(),
    result: z
      .enum(['succeed', 'cancelled', ...FAILURE_REASONS])
      .nullable()
      .describe('null: it runs'),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    detail: z.string().nullable(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    durationMs: z.int().nullable(),
    outputBytes: z.int().nullable(),
    cutBytes: z.int().nullable().describe('bytes of output over the cap, not stored'),
  })
  .meta({ id: 'Attempt' });

const actionSchema = z
  .strictObject({
    kind: z.string().describe('choose, approve, reject, skip, ...'),
    actor: z.string().nullable().describe("the token's name"),
    reason: z.string().nullable(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'LastAction' });

export const trackDetailsSchema = z
  .strictObject({
    ...trackFields,
    cancelRequestedAt: z.iso.datetime().nullable(),
    lastAction: actionSchema.nullable().describe('what a person did to it last; null: nothing'),
    attempts: z.array(attemptSchema).describe('oldest first'),
    staleCompletions: z.int().describe('reports that came too late or twice, and changed nothing'),
  })
  .meta({ id: 'TrackDetails' });

export type TrackItem = z.infer<typeof trackSchema>;
export type TrackDetails = z.infer<typeof trackDetailsSchema>;

/**
 * One track with its attempts.
 * @throws BatonError track_not_found
 */
export async function showTrack(database: Database, trackId: number): Promise<TrackDetails> {
  const { track, pipeline, graph } = await loadTrack(database, trackId);
  const ended = await findAttempts(database, trackId);
  return {
    ...describeTrackOf(track, pipeline, graph),
    cancelRequestedAt: track.cancelRequestedAt?.toISOString() ?? null,
    lastAction: showAction(await findLastAction(database, track)),
    attempts: [...ended.map(showAttempt), ...showRunning(track, ended)],
    staleCompletions: await countStaleCompletions(database, trackId),
  };
}

/** @throws BatonError track_not_found */
export async function getTrack(database: Database, trackId: number): Promise<TrackRecord> {
  const track = await findTrack(database, trackId);
  if (track === null) throw new BatonError('track_not_found', `expected the id of a track, found ${trackId}`);
  return track;
}

/** A track, and what it belongs to. */
export interface LoadedTrack {
  track: TrackRecord;
  pipeline: PipelineRecord;
  graph: StoredGraph;
  vertex: GraphVertex;
}

/** @throws BatonError track_not_found */
export async function loadTrack(database: Database, trackId: number): Promise<LoadedTrack> {
  const track = await getTrack(database, trackId);
  const pipeline = await getPipeline(database, track.pipelineId);
  const graph = await loadPipelineGraph(database.dataSource, database, pipeline);
  return { track, pipeline, graph, vertex: vertexOf(graph, track) };
}

/** @throws Error where the graph is not the one of the track's pipeline */
export function vertexOf(graph: StoredGraph, track: Pick<TrackRecord, 'vertexId'>): GraphVertex {
  const vertex = graph.vertices.get(track.vertexId);
  if (vertex === undefined) throw new Error(`graph version ${graph.versionId} has no vertex ${track.vertexId}`);
  return vertex;
}

/** A track in the words of SPEC section 4. */
export function describeTrackOf(track: TrackRecord, pipeline: PipelineRecord, graph: StoredGraph): TrackItem {
  const vertex = vertexOf(graph, track);
  const { runId: _run, cancelRequestedAt: _cancel, ...shown } = track;
  return {
    ...shown,
    pipeline: pipeline.name,
    pipelineState: pipeline.state,
    vertex: vertex.name,
    gate: describeGate(vertex, track),
    choice: track.awaits === 'choice' ? describeChoice(graph, vertex) : null,
    chosen: track.chosen?.map((id) => graph.vertices.get(id)?.name ?? String(id)) ?? null,
    input: maskInput(vertex, track.input),
    script: previewScript({ graph, vertex, input: track.input }),
    pendingAt: track.pendingAt?.toISOString() ?? null,
    notBefore: track.notBefore?.toISOString() ?? null,
    expiresAt: track.expiresAt?.toISOString() ?? null,
    startedAt: track.startedAt?.toISOString() ?? null,
    finishedAt: track.finishedAt?.toISOString() ?? null,
  };
}

/** Scripts need no masking: rendering puts no secret into them, it refers to the environment. */
function maskInput(vertex: GraphVertex, input: Record<string, JsonValue>): Record<string, JsonValue> {
  const declared = declarationsOf(vertex);
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, declared[name]?.secret === false ? value : MASK]),
  );
}

function showAction(action: LastAction | null): z.infer<typeof actionSchema> | null {
  return action === null ? null : { ...action, at: action.at.toISOString() };
}

function showAttempt({ pendingAt: _pendingAt, ...attempt }: AttemptRecord): z.infer<typeof attemptSchema> {
  return { ...attempt, startedAt: attempt.startedAt.toISOString(), finishedAt: attempt.finishedAt.toISOString() };
}

/** The attempt that runs has no row of its own yet: the track's row is its claim. */
function showRunning(track: TrackRecord, ended: readonly AttemptRecord[]): z.infer<typeof attemptSchema>[] {
  const { attempt, runId, worker, startedAt } = track;
  if (runId === null || startedAt === null || ended.some((other) => other.attempt === attempt)) return [];
  const unknown = { exitCode: null, signal: null, detail: null, durationMs: null, outputBytes: null, cutBytes: null };
  const started = { attempt, runId, worker: worker ?? '', startedAt: startedAt.toISOString() };
  return [{ ...started, ...unknown, result: null, finishedAt: null }];
}
