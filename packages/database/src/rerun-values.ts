import { errorOfProblems, resolveParameters, type JsonValue, type ParameterValues } from '@baton/domain';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';

export interface RerunValues {
  /** By vertex id: what differs from the values that the track has. */
  changed: Map<number, ParameterValues>;
  /** Ids of vertices that lack a parameter which a person is to be asked for. */
  held: Set<number>;
}

/**
 * Resolves the parameters of what runs again; what is kept stays as it ran.
 * @param request `params`: those of the pipeline; `given`: those of the rerun, which come before them; `inputs`: the values
 *   that the tracks have, by vertex id
 * @throws BatonError invalid_parameters naming every problem: unknown to what runs again, missing, of a wrong form
 */
export function resolveRerunValues(
  graph: StoredGraph,
  vertices: readonly GraphVertex[],
  request: {
    params: Record<string, JsonValue>;
    given: Record<string, JsonValue>;
    inputs: ReadonlyMap<number, ParameterValues>;
  },
): RerunValues {
  const { params, given, inputs } = request;
  // Of the pipeline's parameters many are others' business; of those that are given now, none may be.
  const unknown = resolveParameters(vertices, given).problems.filter(({ code }) => code === 'unknown_parameter');
  const resolved = resolveParameters(vertices, { ...params, ...given });
  const problems = [...unknown, ...resolved.problems.filter(({ code }) => code !== 'unknown_parameter')];
  if (problems.length > 0) {
    throw errorOfProblems(
      'invalid_parameters',
      `expected parameters as ${JSON.stringify(graph.graph)} declares them for what runs again`,
      problems,
    );
  }
  const changed = new Map<number, ParameterValues>();
  const held = new Set<number>();
  for (const { id, name } of vertices) {
    const known = inputs.get(id) ?? {};
    const values = Object.entries(resolved.values.get(name) ?? {}).filter(
      ([parameter, value]) => JSON.stringify(known[parameter]) !== JSON.stringify(value),
    );
    if (values.length > 0) changed.set(id, Object.fromEntries(values));
    if (resolved.held.get(name)?.some((parameter) => !Object.hasOwn(known, parameter)) === true) held.add(id);
  }
  return { changed, held };
}
