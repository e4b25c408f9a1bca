import {
  checkGraphReferences,
  checkSavedGraph,
  createGraph,
  findGraph,
  findGraphHeader,
  parseGraphReference,
  rememberRequest,
  replaceGraph,
  withTransaction,
  type Database,
  type GraphChange,
  type GraphRecord,
} from '@baton/database';
import {
  BatonError,
  checkGraph,
  checkGraphDocument,
  countProblems,
  locateProblems,
  parseGraphDocument,
  type DocumentSource,
  type GraphDefinition,
  type Problem,
} from '@baton/domain';
import type { RepeatableRequest } from './repeatable-request.ts';

/** A document as it was sent. */
export interface SentDocument {
  value: unknown;
  source: DocumentSource;
}

export interface SavedGraph {
  graph: GraphRecord;
  change: GraphChange;
  /** What keeps it from starting. */
  problems: Problem[];
}

type CheckedGraph = Pick<SavedGraph, 'graph' | 'problems'>;

/** What rows cannot hold; anything else that the check finds is stored and named. */
const UNSTORABLE = new Set(['duplicate_vertex', 'duplicate_edge', 'unknown_vertex', 'self_loop']);

/**
 * Makes a graph from a document.
 * @throws BatonError invalid_graph with every problem and its place in the text, graph_name_taken, those of rememberRequest
 */
export async function makeGraph(
  database: Database,
  document: SentDocument,
  request: RepeatableRequest,
): Promise<SavedGraph & { isReplayed: boolean }> {
  const { definition, problems } = readDefinition(document);
  const made: { checked?: CheckedGraph } = {};
  const { answer, isReplayed } = await rememberRequest(database, request, async (runner) => {
    const graph = await createGraph(runner, { definition, isSound: problems.length === 0 });
    made.checked = await checkSavedGraph(runner, graph, definition.vertices);
    request.signal.throwIfAborted();
    return { graphId: graph.graphId };
  });
  // A replayed answer shows the graph as it is now: graphs are too large to be kept twice.
  const saved = isReplayed ? undefined : made.checked;
  const graph = saved?.graph ?? (await findGraph(database, { graph: answer.graphId, version: null }));
  const others = saved?.problems ?? (await checkGraphReferences(database.dataSource, { ...graph, ...definition }));
  const all = [...problems, ...locateProblems(others, document.source)];
  return { graph, change: 'created', problems: all, isReplayed };
}

/**
 * Makes a graph, or gives it the contents of the document. By name it may be new; the document's name must be the same.
 * @throws BatonError invalid_graph with every problem and its place in the text, graph_not_found where an id is unknown
 */
export async function putGraph(
  database: Database,
  reference: string,
  request: { document: SentDocument; signal: AbortSignal },
): Promise<SavedGraph> {
  const { definition, problems } = readDefinition(request.document);
  const { graph } = parseGraphReference(reference);
  const name =
    typeof graph === 'number' ? (await findGraphHeader(database.dataSource, { graph, version: null })).name : graph;
  if (definition.name !== name) throw otherName(name, definition.name);
  const saved = await withTransaction(database, async (runner) => {
    const { graph: stored, change } = await replaceGraph(runner, { definition, isSound: problems.length === 0 });
    const checked = await checkSavedGraph(runner, stored, definition.vertices);
    request.signal.throwIfAborted();
    return { ...checked, change };
  });
  return { ...saved, problems: [...problems, ...locateProblems(saved.problems, request.document.source)] };
}

function otherName(expected: string, found: string): BatonError {
  const message = `expected the name ${JSON.stringify(expected)}, as the path has it, found ${JSON.stringify(found)}`;
  return new BatonError('invalid_graph', message, { problems: [{ code: 'other_name', message, pointer: '/name' }] });
}

function readDefinition({ value, source }: SentDocument): { definition: GraphDefinition; problems: Problem[] } {
  const parsed = parseGraphDocument(value);
  const problems = locateProblems(parsed.ok ? checkGraph(parsed.value) : checkGraphDocument(value), source);
  if (parsed.ok && !problems.some(({ code }) => UNSTORABLE.has(code))) return { definition: parsed.value, problems };
  const [first] = problems;
  const place = first?.line === undefined ? '' : `line ${first.line}, column ${first.column}: `;
  const detail = `expected a graph document, found ${countProblems(problems)}; the first: ${place}${first?.message}`;
  throw new BatonError('invalid_graph', detail, { problems });
}
