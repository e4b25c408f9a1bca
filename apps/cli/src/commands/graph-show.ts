import type { Client, Graph, GraphSummary, Vertex } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { colorState, formatTable, formatTime, printable, shorten } from '../format.ts';

/** All graphs by their latest versions, newest first. */
export async function listGraphs(context: CommandContext, options: { name?: string }): Promise<ExitCode> {
  const graphs: GraphSummary[] = [];
  for await (const graph of context.connect().listGraphs(options)) graphs.push(graph);
  answer(context, { items: graphs }, () => {
    const { colors } = context;
    const rows = graphs.map((graph) => [
      String(graph.id),
      shorten(printable(graph.name), 50),
      String(graph.version),
      graph.checked ? colors.green('passed') : colorState(colors, 'PENDING').replace('PENDING', 'not passed'),
      graph.sealed ? 'sealed' : 'draft',
      formatTime(graph.updatedAt),
      shorten(printable(graph.description ?? ''), 60),
    ]);
    const heading = ['graph', 'name', 'version', 'check', 'state', 'changed', 'description'];
    return rows.length === 0 ? 'No graphs.' : formatTable(colors, heading, rows);
  });
  return EXIT.success;
}

/** One graph: its vertices with what they wait for; with --yaml its document. */
export async function showGraph(
  context: CommandContext,
  reference: string,
  options: { yaml?: boolean },
): Promise<ExitCode> {
  if (options.yaml === true) return exportGraph(context, reference, { format: 'yaml' });
  const graph = await readGraph(context.connect(), reference);
  answer(context, graph, () => renderGraph(context, graph));
  return EXIT.success;
}

/** The document of a graph, to be edited and applied again. */
export async function exportGraph(
  context: CommandContext,
  reference: string,
  options: { format: 'yaml' | 'json' },
): Promise<ExitCode> {
  const client = context.connect();
  if (options.format === 'yaml' && !context.isJson) {
    const { name, version } = splitReference(reference);
    context.terminal.write(await client.exportGraph(name, version));
  } else {
    context.terminal.write(`${JSON.stringify(toDocument(await readGraph(client, reference)), null, 2)}\n`);
  }
  return EXIT.success;
}

function splitReference(reference: string): { name: string; version?: number } {
  const [, name, version] = /^(.+)@(\d+)$/.exec(reference) ?? [];
  return name === undefined ? { name: reference } : { name, version: Number(version) };
}

function readGraph(client: Client, reference: string): Promise<Graph> {
  const { name, version } = splitReference(reference);
  return client.getGraph(name, version);
}

/** Without ids and times; numbers in `next` are ids, which a document does not have, so they become names. */
function toDocument(graph: Graph): Record<string, unknown> {
  const nameOf = new Map(graph.vertices.map(({ id, name }) => [id, name]));
  const toName = (entry: string | number): string =>
    typeof entry === 'number' ? (nameOf.get(entry) ?? String(entry)) : entry;
  const toVertex = ({ id: _id, next, ...vertex }: Vertex): Record<string, unknown> => {
    if (next === undefined || next === null) return vertex;
    return { ...vertex, next: Array.isArray(next) ? next.map(toName) : toName(next) };
  };
  return {
    name: graph.name,
    ...(graph.description === null ? {} : { description: graph.description }),
    ...(graph.onFailure === null ? {} : { onFailure: graph.onFailure }),
    ...(graph.timeoutMs === null ? {} : { timeoutMs: graph.timeoutMs }),
    ...(graph.limit === null ? {} : { limit: graph.limit }),
    vertices: graph.vertices.map(toVertex),
    edges: graph.edges.map(({ tail, head, when }) => (when === null ? [tail, head] : { tail, head, when })),
  };
}

function renderGraph({ colors }: CommandContext, graph: Graph): string {
  const tails = new Map<string, string[]>();
  for (const { tail, head } of graph.edges) tails.set(head, [...(tails.get(head) ?? []), tail]);
  const states = [graph.checked ? 'check passed' : 'not checked', graph.sealed ? 'sealed' : 'draft'];
  const rows = graph.vertices.map((vertex) => [
    String(vertex.id),
    shorten(printable(vertex.name), 40),
    shorten(printable((tails.get(vertex.name) ?? []).join(', ')), 40),
    shorten(printable(Object.keys(typeof vertex.input === 'object' ? (vertex.input ?? {}) : {}).join(', ')), 30),
    shorten(printable(describeWork(vertex)), 60),
  ]);
  return [
    `${colors.bold(printable(graph.name))}@${graph.version} (graph ${graph.id}): ${states.join(', ')}`,
    ...(graph.description === null ? [] : [printable(graph.description)]),
    '',
    formatTable(colors, ['vertex', 'name', 'after', 'input', 'script'], rows),
  ].join('\n');
}

function describeWork({ script, pipeline }: Vertex): string {
  if (pipeline) return `runs ${pipeline.graph}`;
  const text = typeof script === 'string' ? script : (script?.script ?? '');
  const lines = text.trim().split('\n');
  return lines.length > 1 ? `${lines[0] ?? ''} …` : (lines[0] ?? '');
}
