import type { GraphHeader, GraphRecord, StoredVertex } from '@baton/database';
import {
  FAILURE_POLICIES,
  toGraphDocument,
  toVertexDocument,
  vertexDocumentSchema,
  type GraphDocument,
  type ParameterDeclarations,
} from '@baton/domain';
import { z } from 'zod';
import { problemSchema } from './http/problem.ts';
import { MASK } from './show-pipeline.ts';

const headerFields = {
  id: z.int(),
  name: z.string(),
  version: z.int(),
  latestVersion: z.int(),
  description: z.string().nullable(),
  onFailure: z.enum(FAILURE_POLICIES).nullable(),
  timeoutMs: z.int().nullable().describe('of a whole pipeline'),
  limit: z.int().nullable().describe('so many tracks at once, over all pipelines of the graph'),
  checked: z.boolean().describe('this version passed the check since its last edit: it may start'),
  checkedAt: z.iso.datetime().nullable(),
  sealed: z.boolean().describe('a pipeline has used this version: it never changes; an edit makes the next'),
  sealedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime().describe('of the graph'),
  updatedAt: z.iso.datetime().describe('of the graph'),
};

export const graphSummarySchema = z.strictObject(headerFields).meta({ id: 'GraphSummary' });

/** A vertex as it is stored: a document's form, defaults left out, and its id. */
export const vertexSchema = vertexDocumentSchema
  .extend({ id: z.int().describe('unique in the graph, the same in all its versions') })
  .meta({ id: 'Vertex' });

export const edgeSchema = z
  .strictObject({
    id: z.int(),
    tail: z.string(),
    head: z.string().describe('may run only after tail'),
    when: z.string().nullable().describe('a condition in CEL; false: this way is not taken'),
  })
  .meta({ id: 'Edge' });

const graphFields = { ...headerFields, vertices: z.array(vertexSchema), edges: z.array(edgeSchema) };

export const graphSchema = z.strictObject(graphFields).meta({ id: 'Graph' });

export const problemsSchema = z.array(problemSchema).describe('all that keeps it from starting');

/** A graph right after it was saved. */
export const savedGraphSchema = z
  .strictObject({
    ...graphFields,
    change: z.enum(['created', 'replaced', 'next_version', 'unchanged']),
    problems: problemsSchema,
  })
  .meta({ id: 'SavedGraph' });

export function showGraphHeader(header: GraphHeader): z.input<typeof graphSummarySchema> {
  const { graphId, name, version, latestVersion, description, onFailure, timeoutMs, limit } = header;
  const { checkedAt, sealedAt } = header;
  return {
    id: graphId,
    name,
    version,
    latestVersion,
    description,
    onFailure,
    timeoutMs,
    limit,
    checked: checkedAt !== null,
    checkedAt: checkedAt?.toISOString() ?? null,
    sealed: sealedAt !== null,
    sealedAt: sealedAt?.toISOString() ?? null,
    createdAt: header.createdAt.toISOString(),
    updatedAt: header.updatedAt.toISOString(),
  };
}

export function showGraph(graph: GraphRecord): z.input<typeof graphSchema> {
  return { ...showGraphHeader(graph), vertices: graph.vertices.map(showVertex), edges: graph.edges };
}

export function showVertex(vertex: StoredVertex): z.input<typeof vertexSchema> {
  return { id: vertex.id, ...toVertexDocument(vertex) };
}

/** For who may read graphs but not send them: without the defaults of secret parameters, which scripts would never show. */
export function maskSecretDefaults(graph: GraphRecord): GraphRecord {
  const vertices = graph.vertices.map((vertex) => {
    const { gate } = vertex.policies;
    const policies = gate === null ? vertex.policies : { ...vertex.policies, gate: { ...gate, form: mask(gate.form) } };
    return { ...vertex, input: mask(vertex.input), policies };
  });
  return { ...graph, vertices };
}

function mask(declarations: ParameterDeclarations): ParameterDeclarations {
  const masked = { ...declarations };
  for (const [name, declaration] of Object.entries(declarations)) {
    if (declaration.secret && declaration.default !== undefined) masked[name] = { ...declaration, default: MASK };
  }
  return masked;
}

/**
 * A graph as a document that may be sent again. A document has no ids, numbers in its `next` count its vertices: so they
 * become names.
 */
export function exportGraph(graph: GraphRecord): GraphDocument {
  const nameOf = new Map(graph.vertices.map(({ id, name }) => [id, name]));
  const vertices = graph.vertices.map((vertex) => ({
    ...vertex,
    next: vertex.next.map((entry) => (typeof entry === 'number' ? (nameOf.get(entry) ?? String(entry)) : entry)),
  }));
  return toGraphDocument({ ...graph, vertices });
}
