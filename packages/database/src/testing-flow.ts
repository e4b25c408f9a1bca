import { randomBytes } from 'node:crypto';
import {
  parseGraphDocument,
  trackIdOf,
  type Completion,
  type FailurePolicy,
  type FlowEvent,
  type GraphDefinition,
  type JsonValue,
  type PipelineMode,
  type TrackState,
  type TrackToDispatch,
} from '@baton/domain';
import { applyFlowEvents, type AppliedEvents } from './apply-flow-events.ts';
import { applyPersonAction, type AppliedAction } from './apply-person-action.ts';
import { claimAttempts, type RunKey } from './claim-attempts.ts';
import { createPipeline } from './create-pipeline.ts';
import type { Database } from './data-source.ts';
import { loadFlowGraph, type StoredGraph } from './load-flow-graph.ts';
import type { AskedEvent, PersonAction } from './person-actions.ts';
import { createGraph, replaceGraph } from './save-graph.ts';
import { sealVersion } from './seal-version.ts';
import { selectRows } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/** A pipeline that tests drive as workers would: by claims and completions. */
export interface TestFlow {
  database: Database;
  graph: StoredGraph;
  pipelineId: number;
  /** What its start made ready. */
  toDispatch: TrackToDispatch[];
  trackId(vertexName: string): number;
}

export interface FlowShape {
  /** Like `A->B`; vertices are numbered in the order of their first mention. */
  edges?: readonly string[];
  /** Fields of vertices by name, as in a document; vertices without edges are named here as well. */
  vertices?: Readonly<Record<string, object>>;
  /** Of the whole pipeline. */
  timeoutMs?: number;
  /** Tracks of the graph that may run at once. */
  limit?: number;
}

export interface FlowStart {
  name?: string;
  mode?: PipelineMode;
  onFailure?: FailurePolicy;
  priority?: number;
  /** Names of vertices that wait for parameters. */
  held?: readonly string[];
  params?: Record<string, JsonValue>;
  /** Resolved values by vertex name. */
  inputs?: Record<string, Record<string, JsonValue>>;
}

export const TEST_WORKER = 'worker-of-a-test';
export const TEST_LEASE_MS = 60_000;

/** A sealed graph of its own, and one pipeline of it that has just started. */
export async function startTestFlow(database: Database, flow: FlowShape & FlowStart): Promise<TestFlow> {
  return startPipelineOf(database, await storeTestGraph(database, flow), flow);
}

/** One more pipeline of a graph. */
export async function startPipelineOf(
  database: Database,
  graph: StoredGraph,
  start: FlowStart = {},
): Promise<TestFlow> {
  const created = await withTransaction(database, (runner) =>
    createPipeline(runner, {
      graph,
      name: start.name ?? 'a pipeline',
      mode: start.mode ?? 'auto',
      onFailure: start.onFailure ?? 'stop',
      priority: start.priority ?? 0,
      params: start.params ?? {},
      inputs: new Map(Object.entries(start.inputs ?? {})),
      held: new Set(start.held),
      createdBy: 'a test',
    }),
  );
  const ids = new Map([...graph.vertices.values()].map(({ id, name }) => [name, id]));
  const trackId = (name: string): number => {
    const vertexId = ids.get(name);
    if (vertexId === undefined) throw new Error(`the graph has no vertex ${name}`);
    return trackIdOf(created.pipelineId, vertexId);
  };
  return { database, graph, ...created, trackId };
}

export function storeTestGraph(database: Database, shape: FlowShape): Promise<StoredGraph> {
  return withTransaction(database, async (runner) => {
    const { versionId } = await createGraph(runner, { definition: defineGraph(shape), isSound: true });
    const graph = await loadFlowGraph(runner, database, versionId);
    await sealVersion(runner, graph);
    return graph;
  });
}

/** Gives a graph other contents: its next version, which passes its check and is not sealed. @returns its number */
export async function storeNextVersion(database: Database, name: string, shape: FlowShape): Promise<number> {
  const saved = { definition: { ...defineGraph(shape), name }, isSound: true };
  const { graph } = await withTransaction(database, (runner) => replaceGraph(runner, saved));
  return graph.version;
}

function defineGraph({ edges = [], vertices = {}, timeoutMs, limit }: FlowShape): GraphDefinition {
  const pairs = edges.map((edge) => edge.split('->'));
  const names = [...new Set([...pairs.flat(), ...Object.keys(vertices)])];
  const parsed = parseGraphDocument({
    name: `graph-${randomBytes(8).toString('hex')}`,
    vertices: names.map((name) => ({ name, script: `echo ${name}`, ...vertices[name] })),
    edges: pairs,
    timeoutMs,
    limit,
  });
  if (!parsed.ok) throw new Error(`a test's graph is wrong: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}

export function makeRunId(): string {
  return randomBytes(12).toString('hex');
}

/** Claims the current attempts of tracks for the worker of the tests. @throws Error where one is refused */
export async function claimTracks(flow: TestFlow, names: readonly string[], attempt = 1): Promise<RunKey[]> {
  const claims = names.map((name) => ({ trackId: flow.trackId(name), attempt, runId: makeRunId() }));
  const labels = [...flow.graph.vertices.values()].flatMap((vertex) => vertex.policies.labels);
  const request = { workerId: TEST_WORKER, labels: ['default', ...labels], leaseMs: TEST_LEASE_MS, claims };
  for (const result of await claimAttempts(flow.database, request)) {
    if (!result.granted) throw new Error(`the claim of ${names.join(', ')} was refused: ${result.why}`);
  }
  return claims;
}

/** A completion of a run: exit code 0 unless the test says otherwise. */
export function completionOf(run: RunKey, end: Partial<Completion> = {}): Completion {
  const hasExited = end.outcome === undefined || end.outcome === 'exited';
  return {
    ...run,
    workerId: TEST_WORKER,
    outcome: 'exited',
    exitCode: hasExited ? 0 : null,
    signal: null,
    detail: null,
    durationMs: 5,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
    ...end,
  };
}

export function applyCompletions(flow: TestFlow, completions: readonly Completion[]): Promise<AppliedEvents> {
  return applyEventsOf(
    flow,
    completions.map((completion) => ({ kind: 'completion', completion })),
  );
}

export function applyEventsOf(flow: TestFlow, events: readonly FlowEvent[]): Promise<AppliedEvents> {
  return applyFlowEvents(flow.database, new Map([[flow.pipelineId, events]]));
}

/** Does what a person asks for. */
export function actOn(flow: TestFlow, event: AskedEvent, action: Partial<PersonAction> = {}): Promise<AppliedAction> {
  const asked = { pipelineId: flow.pipelineId, event };
  return applyPersonAction(flow.database, asked, { actor: 'a test', reason: null, actionId: null, ...action });
}

/** Claims tracks, ends their scripts in the same way and applies that in one transaction. */
export async function runTracks(
  flow: TestFlow,
  names: readonly string[],
  end: Partial<Completion> & { attempt?: number } = {},
): Promise<AppliedEvents> {
  const runs = await claimTracks(flow, names, end.attempt ?? 1);
  return applyCompletions(
    flow,
    runs.map((run) => completionOf(run, end)),
  );
}

/** Names of vertices whose tracks are to be enqueued. */
export function namesOf(tracks: readonly TrackToDispatch[]): string[] {
  return tracks.map(({ vertex }) => vertex);
}

/** The state of every track by its vertex's name. */
export async function readStates(flow: TestFlow): Promise<Record<string, TrackState>> {
  const rows = await selectRows<{ vertexId: number; state: TrackState }>(
    flow.database.dataSource,
    'SELECT vertex_id AS vertexId, state FROM track WHERE pipeline_id = ? ORDER BY vertex_id',
    [flow.pipelineId],
  );
  return Object.fromEntries(rows.map(({ vertexId, state }) => [flow.graph.vertices.get(vertexId)?.name, state]));
}

export interface StoredPipeline {
  state: string;
  reason: string | null;
  openTracks: number;
  failures: number;
}

/**
 * A pipeline's row, whose counters are first held against a count over its tracks.
 * @throws Error where a counter is not what the tracks say
 */
export async function readPipeline(flow: Pick<TestFlow, 'database' | 'pipelineId' | 'graph'>): Promise<StoredPipeline> {
  const lenient = [...flow.graph.vertices.values()].filter((vertex) => vertex.allowFailure).map(({ id }) => id);
  const [row] = await selectRows<StoredPipeline & { openCount: number; failureCount: number }>(
    flow.database.dataSource,
    `SELECT p.state, p.reason, p.open_tracks AS openTracks, p.failures,
       COALESCE(SUM(t.state IN ('WAITING', 'PENDING', 'RUNNING') OR t.awaits IS NOT NULL), 0) + 0E0 AS openCount,
       COALESCE(SUM((t.state = 'FAILED' AND t.vertex_id NOT IN (?))
         OR (t.state = 'CANCELLED' AND t.reason = 'cancelled')), 0) + 0E0 AS failureCount
     FROM pipeline p JOIN track t ON t.pipeline_id = p.id WHERE p.id = ? GROUP BY p.id`,
    [[0, ...lenient], flow.pipelineId],
  );
  if (row === undefined) throw new Error(`there is no pipeline ${flow.pipelineId}`);
  const { openCount, failureCount, ...pipeline } = row;
  if (pipeline.openTracks !== openCount || pipeline.failures !== failureCount) {
    throw new Error(
      `pipeline ${flow.pipelineId} counts ${pipeline.openTracks} open and ${pipeline.failures} failed; its tracks are ${openCount} and ${failureCount}`,
    );
  }
  return pipeline;
}
