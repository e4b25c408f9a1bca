import { findNamedOutputs, type ClaimResult, type Database, type NamedOutput } from '@baton/database';
import { MAX_DETAIL_LENGTH, trackIdOf } from '@baton/domain';
import { findVertexId, outputReferencesOf } from './render-vertex.ts';

export type GrantedClaim = Extract<ClaimResult, { granted: true }>;

/** What becomes of the outputs that a script names: their texts by `vertex.key`, or why it cannot run. */
export type NamedOutputs = { outputs: ReadonlyMap<string, string> } | { refusal: string };

const NONE: NamedOutputs = { outputs: new Map() };

interface Wanted extends NamedOutput {
  /** `vertex.key` */
  name: string;
  vertex: string;
}

/**
 * Reads the outputs that the scripts of claimed runs name: one statement for all, none where no script names any.
 * @returns a function from a claim to what it gets
 */
export async function loadNamedOutputs(
  database: Database,
  claims: readonly GrantedClaim[],
): Promise<(claim: GrantedClaim) => NamedOutputs> {
  const wanted = new Map(claims.map((claim) => [claim, listWanted(claim)]));
  const all = new Map([...wanted.values()].flat().map((one) => [`${one.trackId}.${one.key}`, one]));
  if (all.size === 0) return () => NONE;
  const found = await findNamedOutputs(database.dataSource, [...all.values()]);
  return (claim) => {
    const outputs = new Map<string, string>();
    const missing: string[] = [];
    for (const one of wanted.get(claim) ?? []) {
      const value = found.get(one);
      if (value !== undefined) outputs.set(one.name, value);
      else missing.push(`{${one.name}} (${one.vertex} is ${found.states.get(one.trackId) ?? 'not in this pipeline'})`);
    }
    if (missing.length === 0) return { outputs };
    const plural = missing.length === 1 ? 'an output' : 'outputs';
    return {
      refusal: `the script names ${plural} that no script handed on: ${missing.join(', ')}`.slice(0, MAX_DETAIL_LENGTH),
    };
  };
}

/** The check has proved that each of them is of a vertex before. */
function listWanted({ graph, vertex, scope }: GrantedClaim): Wanted[] {
  return outputReferencesOf(graph, vertex).map(({ vertex: name, key }) => {
    return {
      trackId: trackIdOf(scope.pipelineId, findVertexId(scope.graph, name) ?? 0),
      key,
      name: `${name}.${key}`,
      vertex: name,
    };
  });
}
