import { splitGraphReference, type Problem, type VertexDefinition } from '@baton/domain';
import { poolKey, poolNameOf } from './limit-keys.ts';
import { selectRows, type Runner } from './statements.ts';

/*
 * What a graph names outside of itself: pools, and graphs that its vertices run. Graphs are looked up level by level, two
 * statements a level, however many vertices there are. `name` is the latest version, as it is at the start of a pipeline;
 * who makes graphs of two at once may make a circle that neither check sees: it ends at the greatest depth of pipelines.
 */

/** Pipelines are nested far less deep. */
const MAX_LEVELS = 50;

/** One version of a graph, and the references to others in it. */
interface Node {
  versionId: number;
  name: string;
  references: string[];
}

/**
 * Checks what a version names outside of itself, as its rows are now.
 * @returns problems with the codes unknown_pool, unknown_graph, sub_pipeline_cycle; a cycle is spelled out
 */
export async function checkGraphReferences(
  runner: Runner,
  graph: { versionId: number; name: string; vertices: readonly VertexDefinition[] },
): Promise<Problem[]> {
  const problems = await checkPools(runner, graph.vertices);
  const references = [...new Set(graph.vertices.flatMap(({ policies: { pipeline } }) => pipeline?.graph ?? []))];
  if (references.length === 0) return problems;
  const { resolved, nodes } = await walkGraphs(runner, { versionId: graph.versionId, name: graph.name, references });
  graph.vertices.forEach(({ name, policies: { pipeline } }, at) => {
    if (pipeline === null) return;
    const place = { pointer: `/vertices/${at}/pipeline/graph`, vertices: [name] };
    const child = resolved.get(pipeline.graph);
    if (child === undefined) {
      const message = `expected a graph that ${name} can run, found none named ${pipeline.graph}`;
      problems.push({ code: 'unknown_graph', message, ...place });
      return;
    }
    const path = findPath(child, graph.versionId, { resolved, nodes });
    if (path === null) return;
    const message = `expected no pipeline that contains itself, found ${[graph.name, ...path].join(' -> ')}`;
    problems.push({ code: 'sub_pipeline_cycle', message, ...place });
  });
  return problems;
}

async function checkPools(runner: Runner, vertices: readonly VertexDefinition[]): Promise<Problem[]> {
  const names = new Set(vertices.flatMap(({ policies }) => policies.pools));
  if (names.size === 0) return [];
  const rows = await selectRows<{ key: string }>(
    runner,
    'SELECT name AS `key` FROM limit_key WHERE name IN (?) AND capacity IS NOT NULL',
    [[...names].map(poolKey)],
  );
  const known = new Set(rows.map(({ key }) => poolNameOf(key)));
  return vertices.flatMap(({ name, policies: { pools } }, at) =>
    pools.flatMap((pool, place) => {
      if (known.has(pool)) return [];
      const message = `expected pools that there are in ${name}, found ${pool}; PUT /api/v1/pools/${pool} makes it`;
      return [{ code: 'unknown_pool', message, pointer: `/vertices/${at}/pools/${place}`, vertices: [name] }];
    }),
  );
}

interface Walked {
  /** Version ids by reference, of those that there are. */
  resolved: Map<string, number>;
  nodes: Map<number, Node>;
}

async function walkGraphs(runner: Runner, start: Node): Promise<Walked> {
  const resolved = new Map<string, number>();
  const nodes = new Map([[start.versionId, start]]);
  const seen = new Set<string>();
  let level = start.references;
  for (let depth = 0; level.length > 0 && depth < MAX_LEVELS; depth += 1) {
    for (const reference of level) seen.add(reference);
    const found = await findVersions(runner, level);
    for (const [reference, { versionId }] of found) resolved.set(reference, versionId);
    const fresh = [...found.values()].filter(({ versionId }) => !nodes.has(versionId));
    for (const { versionId, name } of fresh) nodes.set(versionId, { versionId, name, references: [] });
    for (const { versionId, reference } of await findReferences(runner, fresh)) {
      nodes.get(versionId)?.references.push(reference);
    }
    level = [...new Set(fresh.flatMap(({ versionId }) => nodes.get(versionId)?.references ?? []))].filter(
      (reference) => !seen.has(reference),
    );
  }
  return { resolved, nodes };
}

type Version = Pick<Node, 'versionId' | 'name'>;

async function findVersions(runner: Runner, references: readonly string[]): Promise<Map<string, Version>> {
  const wanted = references.map((reference) => ({ reference, ...splitGraphReference(reference) }));
  const rows = await selectRows<Version & { version: number; latest: number }>(
    runner,
    `SELECT v.id AS versionId, g.name, v.version, g.latest_version AS latest
       FROM graph g JOIN graph_version v ON v.graph_id = g.id
      WHERE g.name IN (?) AND (v.version = g.latest_version OR v.version IN (?))`,
    [wanted.map(({ name }) => name), [0, ...wanted.flatMap(({ version }) => version ?? [])]],
  );
  const found = new Map<string, Version>();
  for (const { reference, name, version } of wanted) {
    const row = rows.find(
      (candidate) => candidate.name === name && candidate.version === (version ?? candidate.latest),
    );
    if (row !== undefined) found.set(reference, row);
  }
  return found;
}

async function findReferences(
  runner: Runner,
  versions: readonly Version[],
): Promise<{ versionId: number; reference: string }[]> {
  if (versions.length === 0) return [];
  return selectRows(
    runner,
    `SELECT DISTINCT version_id AS versionId, JSON_UNQUOTE(JSON_EXTRACT(policies, '$.pipeline.graph')) AS reference
       FROM vertex WHERE version_id IN (?) AND JSON_EXTRACT(policies, '$.pipeline.graph') IS NOT NULL`,
    [versions.map(({ versionId }) => versionId)],
  );
}

/** Names on a shortest way from one version to another, both ends included; null where there is none. */
function findPath(from: number, to: number, { resolved, nodes }: Walked): string[] | null {
  const cameFrom = new Map<number, number | null>([[from, null]]);
  for (const versionId of cameFrom.keys()) {
    if (versionId === to) return trace(cameFrom, to, nodes);
    for (const reference of nodes.get(versionId)?.references ?? []) {
      const next = resolved.get(reference);
      if (next !== undefined && !cameFrom.has(next)) cameFrom.set(next, versionId);
    }
  }
  return null;
}

function trace(cameFrom: ReadonlyMap<number, number | null>, end: number, nodes: Walked['nodes']): string[] {
  const names: string[] = [];
  for (let at: number | null | undefined = end; at !== null && at !== undefined; at = cameFrom.get(at)) {
    names.unshift(nodes.get(at)?.name ?? '');
  }
  return names;
}
