import {
  addEdge,
  addVertex,
  changeEdge,
  changeVertex,
  parseGraphReference,
  removeEdge,
  removeVertex,
} from '@baton/database';
import {
  conditionTextSchema,
  errorOfProblems,
  parseVertex,
  parseVertexPatch,
  vertexDocumentSchema,
  vertexPatchSchema,
} from '@baton/domain';
import type { Parsed } from '@baton/domain';
import { z } from 'zod';
import { defineRoute, documentBody, jsonBody } from '../http/define-route.ts';
import { idParameter, readIdOrName } from '../http/paging.ts';
import { edgeSchema, showVertex, vertexSchema } from '../show-graph.ts';
import { graphParams } from './graphs.ts';

const vertexParams = graphParams.extend({ vertex: z.string().min(1).max(190).describe('id or name') });
const edgeParams = graphParams.extend({ edgeId: idParameter });
const endSchema = z
  .union([z.int().min(1), z.string().min(1).max(190)], 'expected a vertex: its id (number) or its name')
  .describe('id or name of a vertex');

const whenSchema = conditionTextSchema.nullish().describe('a condition in CEL; null: none');

const graphOf = (params: z.output<typeof graphParams>): number | string => parseGraphReference(params.graph).graph;

/** @throws BatonError invalid_graph with every problem */
function valueOf<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const { problems } = parsed;
  throw errorOfProblems('invalid_graph', 'expected a vertex', problems);
}

export const addVertexRoute = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/{graph}/vertices',
  scope: 'submit',
  summary: 'Add a vertex to the latest version',
  tag: 'graphs',
  request: { params: graphParams, body: documentBody(vertexDocumentSchema) },
  responses: { 201: { description: 'The vertex, with its id.', schema: vertexSchema } },
  errors: ['graph_not_found', 'graph_sealed', 'invalid_graph'],
}).handle(async ({ deps, params, body }) => {
  const vertex = await addVertex(deps.database, graphOf(params), valueOf(parseVertex(body.value)));
  return { status: 201, body: showVertex(vertex) };
});

export const changeVertexRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/graphs/{graph}/vertices/{vertex}',
  scope: 'submit',
  summary: 'Change the given fields of a vertex; null sets one to its default',
  tag: 'graphs',
  request: { params: vertexParams, body: documentBody(vertexPatchSchema) },
  responses: { 200: { description: 'The vertex as it is now.', schema: vertexSchema } },
  errors: ['graph_not_found', 'vertex_not_found', 'graph_sealed', 'invalid_graph'],
}).handle(async ({ deps, params, body }) => {
  const at = { graph: graphOf(params), vertex: readIdOrName(params.vertex) };
  const vertex = await changeVertex(deps.database, at, valueOf(parseVertexPatch(body.value)));
  return { status: 200, body: showVertex(vertex) };
});

export const removeVertexRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/graphs/{graph}/vertices/{vertex}',
  scope: 'submit',
  summary: 'Remove a vertex and its edges',
  tag: 'graphs',
  request: { params: vertexParams },
  responses: { 204: { description: 'It is removed.' } },
  errors: ['graph_not_found', 'vertex_not_found', 'graph_sealed'],
}).handle(async ({ deps, params }) => {
  await removeVertex(deps.database, { graph: graphOf(params), vertex: readIdOrName(params.vertex) });
  return { status: 204, isEmpty: true };
});

export const addEdgeRoute = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/{graph}/edges',
  scope: 'submit',
  summary: 'Add an edge: head may run only after tail',
  tag: 'graphs',
  request: {
    params: graphParams,
    body: jsonBody(z.strictObject({ tail: endSchema, head: endSchema, when: whenSchema })),
  },
  responses: { 201: { description: 'The edge, with its id.', schema: edgeSchema } },
  errors: ['graph_not_found', 'graph_sealed', 'invalid_graph'],
}).handle(async ({ deps, params, body }) => ({
  status: 201,
  body: await addEdge(deps.database, graphOf(params), body),
}));

export const changeEdgeRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/graphs/{graph}/edges/{edgeId}',
  scope: 'submit',
  summary: 'Move one or both ends of an edge, or change its condition',
  tag: 'graphs',
  request: {
    params: edgeParams,
    body: jsonBody(z.strictObject({ tail: endSchema.optional(), head: endSchema.optional(), when: whenSchema })),
  },
  responses: { 200: { description: 'The edge as it is now.', schema: edgeSchema } },
  errors: ['graph_not_found', 'edge_not_found', 'graph_sealed', 'invalid_graph'],
}).handle(async ({ deps, params, body }) => ({
  status: 200,
  body: await changeEdge(deps.database, { graph: graphOf(params), edgeId: params.edgeId }, body),
}));

export const removeEdgeRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/graphs/{graph}/edges/{edgeId}',
  scope: 'submit',
  summary: 'Remove an edge',
  tag: 'graphs',
  request: { params: edgeParams },
  responses: { 204: { description: 'It is removed.' } },
  errors: ['graph_not_found', 'edge_not_found', 'graph_sealed'],
}).handle(async ({ deps, params }) => {
  await removeEdge(deps.database, { graph: graphOf(params), edgeId: params.edgeId });
  return { status: 204, isEmpty: true };
});
