import { findGraph, findGraphHeader, parseGraphReference, type Database } from '@baton/database';
import { BatonError, diffGraphs } from '@baton/domain';
import { z } from 'zod';
import { maskSecretDefaults } from './show-graph.ts';

const fieldChangeSchema = z
  .strictObject({ field: z.string(), before: z.json(), after: z.json() })
  .meta({ id: 'FieldChange' });
const fields = z.array(fieldChangeSchema).describe('as in documents; null: the default');
const namedVertexFields = { id: z.int(), name: z.string() };
const edgeFields = { tail: z.string(), head: z.string() };
const namedVertexSchema = z.strictObject(namedVertexFields);
const edgeSchema = z.strictObject({ ...edgeFields, when: z.string().nullable() });

export const graphDiffSchema = z
  .strictObject({
    id: z.int().describe('of the graph'),
    graph: z.string(),
    from: z.int(),
    to: z.int(),
    header: fields,
    vertices: z.strictObject({
      added: z.array(namedVertexSchema),
      removed: z.array(namedVertexSchema),
      changed: z.array(z.strictObject({ ...namedVertexFields, fields })),
    }),
    edges: z.strictObject({
      added: z.array(edgeSchema),
      removed: z.array(edgeSchema),
      changed: z.array(z.strictObject({ ...edgeFields, fields })),
    }),
  })
  .meta({ id: 'GraphDiff' });

export interface VersionRange {
  /** Absent: the version before `to`. */
  from?: number | undefined;
  /** Absent: the latest. */
  to?: number | undefined;
}

/**
 * What leads from one version of a graph to another.
 * @param options `isMasked`: the defaults of secrets are hidden, and so are changes of them
 * @throws BatonError graph_not_found; invalid_request where there is no version before the first
 */
export async function diffVersions(
  database: Database,
  reference: string,
  { from, to, isMasked }: VersionRange & { isMasked: boolean },
): Promise<z.input<typeof graphDiffSchema>> {
  const named = parseGraphReference(reference);
  const header = await findGraphHeader(database.dataSource, { graph: named.graph, version: to ?? named.version });
  const fromVersion = from ?? header.version - 1;
  if (fromVersion < 1) {
    const detail = `expected two versions of ${JSON.stringify(header.name)} to compare, found version 1 alone`;
    throw new BatonError('invalid_request', detail);
  }
  const load = async (version: number) => {
    const graph = await findGraph(database, { graph: header.graphId, version });
    return isMasked ? maskSecretDefaults(graph) : graph;
  };
  const [older, newer] = [await load(fromVersion), await load(header.version)];
  const compared = { id: header.graphId, graph: header.name, from: fromVersion, to: header.version };
  return { ...compared, ...diffGraphs(older, newer) };
}
