import {
  findGraph,
  findGraphHeader,
  loadFlowGraph,
  parseGraphReference,
  type Database,
  type GraphReference,
  type StoredGraph,
} from '@baton/database';
import {
  BatonError,
  checkGraph,
  DEFAULT_FAILURE_POLICY,
  errorOfProblems,
  escapePointer,
  FAILURE_POLICIES,
  MAX_WAIT_MS,
  PIPELINE_MODES,
  resolveParameters,
  simulate,
  vertexOutcomeSchema,
  type Problem,
  type Simulation,
} from '@baton/domain';
import { z } from 'zod';

export const simulateRequestSchema = z
  .strictObject({
    version: z.int().min(1).max(2_147_483_647).optional().describe('absent: the latest'),
    mode: z.enum(PIPELINE_MODES).optional().describe('absent: auto'),
    onFailure: z.enum(FAILURE_POLICIES).optional().describe("absent: the graph's, else stop"),
    params: z.record(z.string(), z.json()).optional().describe('as at a start'),
    timeoutMs: z.int().min(1).max(MAX_WAIT_MS).optional().describe("of the whole pipeline; absent: the graph's"),
    slots: z.int().min(1).max(1_000_000).optional().describe('scripts that run at once; absent: as many as may'),
    outcomes: z
      .record(z.string(), vertexOutcomeSchema)
      .optional()
      .describe('by vertex: how its attempts end, and what persons say; a vertex that is not named succeeds'),
  })
  .meta({ id: 'SimulateRequest' });

export type SimulateRequest = z.output<typeof simulateRequestSchema>;

/** The answer is computed while the process does nothing else. */
const MAX_SIMULATED_VERTICES = 20_000;

/**
 * What would become of a pipeline, by the very rules that real ones go by. Nothing is run, written or enqueued.
 * @throws BatonError graph_not_found, graph_check_failed, invalid_parameters, invalid_request where outcomes name no vertex
 *   or the simulation would take too long
 */
export async function simulateGraph(database: Database, graph: string, request: SimulateRequest): Promise<Simulation> {
  const named = parseGraphReference(graph);
  const stored = await loadGraph(database, { ...named, version: request.version ?? named.version });
  const outcomes = new Map(Object.entries(request.outcomes ?? {}));
  refuseUnknown(stored, [...outcomes.keys()]);
  return simulate({
    graph: stored,
    mode: request.mode ?? 'auto',
    onFailure: request.onFailure ?? stored.onFailure ?? DEFAULT_FAILURE_POLICY,
    timeoutMs: request.timeoutMs ?? stored.timeoutMs,
    slots: request.slots ?? null,
    outcomes,
    inputs: resolveInputs(stored, request.params ?? {}),
  });
}

/** A sealed version has passed its check; any other is checked now, without noting it. */
async function loadGraph(database: Database, reference: GraphReference): Promise<StoredGraph> {
  const { versionId, sealedAt, name, version } = await findGraphHeader(database.dataSource, reference);
  if (sealedAt === null) {
    const stored = await findGraph(database, reference);
    refuseLarge(name, stored.vertices.length);
    const problems = checkGraph(stored);
    if (problems.length > 0) {
      throw errorOfProblems(
        'graph_check_failed',
        `expected version ${version} of ${JSON.stringify(name)} to pass its check`,
        problems,
      );
    }
  }
  const graph = await loadFlowGraph(database.dataSource, database, versionId);
  refuseLarge(name, graph.vertices.size);
  return graph;
}

function resolveInputs(graph: StoredGraph, params: Record<string, unknown>): Parameters<typeof simulate>[0]['inputs'] {
  const { values, problems } = resolveParameters([...graph.vertices.values()], params);
  if (problems.length === 0) return values;
  throw errorOfProblems(
    'invalid_parameters',
    `expected parameters as ${JSON.stringify(graph.graph)} declares them`,
    problems,
  );
}

function refuseLarge(graph: string, vertices: number): void {
  if (vertices <= MAX_SIMULATED_VERTICES) return;
  const detail = `expected a graph of at most ${MAX_SIMULATED_VERTICES} vertices to simulate, found ${vertices} in ${JSON.stringify(graph)}`;
  throw new BatonError('invalid_request', detail);
}

function refuseUnknown(graph: StoredGraph, named: readonly string[]): void {
  const known = new Set([...graph.vertices.values()].map(({ name }) => name));
  const problems = named
    .filter((name) => !known.has(name))
    .map((name): Problem => {
      const message = `expected the name of a vertex of ${JSON.stringify(graph.graph)}, found ${JSON.stringify(name)}`;
      return { code: 'unknown_vertex', message, pointer: `/outcomes/${escapePointer(name)}` };
    });
  if (problems.length === 0) return;
  throw errorOfProblems('invalid_request', 'expected outcomes of vertices', problems);
}
