import { findAncestors, findOutputsOfVertices, findPipelinesWithOutputs, type Database } from '@baton/database';
import { vertexIdOf, pipelineIdOf, type OutputValues } from '@baton/domain';
import type { GrantedClaim } from './claim-outputs.ts';

/*
 * The file $BATON_INPUTS of a run: all its parameters, and all outputs of all vertices before. An answer to a claim carries
 * it, so what one may hold is bounded, and what all of an answer hold together.
 */

/** Of one file. */
const MAX_INPUTS_BYTES = 1024 * 1024;
/** Of all files of one answer; claims that find no room are to be asked again. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Of the room of an answer: to find out takes time, too. */
const COST_OF_TOO_LONG = MAX_INPUTS_BYTES / 4;

/** The text of the file; why there is none; or that it has to be asked for once more. */
export type Inputs = { text: string } | { problem: string } | 'later';

/** Values of vertices before, by track id; null: more than a file holds. */
type OutputsBefore = ReadonlyMap<number, OutputValues> | null;

/**
 * Reads what the files of claimed runs hold. Pipelines without any outputs cost one look at an index, runs of vertices
 * without a vertex before them nothing.
 * @returns a function from a claim to its file, to be called once a claim, in their order
 */
export async function loadInputs(
  database: Database,
  claims: readonly GrantedClaim[],
): Promise<(claim: GrantedClaim) => Inputs> {
  const before = await loadOutputsBefore(database, claims);
  let room = MAX_ANSWER_BYTES;
  return (claim) => {
    const outputs = before(claim);
    // The first finds room, whatever it holds: else it would be asked for again for ever.
    if (outputs === undefined || room <= 0) return 'later';
    const inputs = outputs === null ? tooLong() : composeInputs(claim, outputs);
    room -= 'text' in inputs ? inputs.text.length : COST_OF_TOO_LONG;
    return inputs;
  };
}

function composeInputs(
  { scope: { graph, vertexId: ownId, pipelineId }, input }: GrantedClaim,
  before: ReadonlyMap<number, OutputValues>,
): { text: string } | { problem: string } {
  const outputs: Record<string, OutputValues> = Object.create(null);
  const ancestors: ReadonlySet<number> = before.size > 0 ? findAncestors(graph, ownId) : new Set();
  let length = 0;
  for (const [trackId, values] of before) {
    const vertexId = vertexIdOf(trackId);
    if (pipelineIdOf(trackId) !== pipelineId || !ancestors.has(vertexId)) continue;
    outputs[graph.vertices.get(vertexId)?.name ?? ''] = values;
    length += measure(values);
    if (length > MAX_INPUTS_BYTES) return tooLong();
  }
  const text = JSON.stringify({ params: input, outputs });
  return Buffer.byteLength(text) > MAX_INPUTS_BYTES ? tooLong() : { text };
}

function tooLong(): { problem: string } {
  const problem = `expected at most ${MAX_INPUTS_BYTES} bytes for the file $BATON_INPUTS, found more: the parameters and the outputs of all vertices before; name single outputs in the script instead`;
  return { problem };
}

/** @returns undefined for claims that were left for later */
async function loadOutputsBefore(
  database: Database,
  claims: readonly GrantedClaim[],
): Promise<(claim: GrantedClaim) => OutputsBefore | undefined> {
  const none: OutputsBefore = new Map();
  const followers = claims.filter(
    ({ scope }) => (scope.graph.vertices.get(scope.vertexId)?.predecessors.length ?? 0) > 0,
  );
  if (followers.length === 0) return () => none;
  const pipelines = await findPipelinesWithOutputs(
    database,
    followers.map(({ scope }) => scope.pipelineId),
  );
  const readers = followers.filter(({ scope }) => pipelines.has(scope.pipelineId));
  if (readers.length === 0) return () => none;
  const all = await readOutputsBefore(database, readers, MAX_ANSWER_BYTES);
  if (all !== null) return () => all;
  const apart = await readApart(database, readers);
  const isReader = new Set(readers);
  return (claim) => (isReader.has(claim) ? apart.get(claim) : none);
}

/** All in one statement as a rule: what comes before several is read once. */
function readOutputsBefore(
  database: Database,
  claims: readonly GrantedClaim[],
  maxBytes: number,
): Promise<Map<number, OutputValues> | null> {
  const wanted = new Map<number, Set<number>>();
  for (const {
    scope: { pipelineId, graph, vertexId },
  } of claims) {
    const ids = wanted.get(pipelineId) ?? new Set();
    wanted.set(pipelineId, ids);
    for (const id of findAncestors(graph, vertexId)) ids.add(id);
  }
  return findOutputsOfVertices(database.dataSource, wanted, maxBytes);
}

/** Where together they hold more than an answer: one after another, until the answer is full. */
async function readApart(
  database: Database,
  claims: readonly GrantedClaim[],
): Promise<Map<GrantedClaim, OutputsBefore>> {
  const read = new Map<GrantedClaim, OutputsBefore>();
  let room = MAX_ANSWER_BYTES;
  for (const claim of claims) {
    if (room <= 0) break;
    const outputs = await readOutputsBefore(database, [claim], MAX_INPUTS_BYTES);
    read.set(claim, outputs);
    room -= COST_OF_TOO_LONG;
    for (const values of outputs?.values() ?? []) room -= measure(values);
  }
  return read;
}

function measure(values: OutputValues): number {
  return Object.values(values).reduce((length, value) => length + value.length, 0);
}
