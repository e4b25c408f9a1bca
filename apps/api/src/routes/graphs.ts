import {
  checkStoredGraph,
  createNextVersion,
  findGraph,
  findGraphs,
  findUncheckedGraphs,
  parseGraphReference,
} from '@baton/database';
import { formatGraphYaml, graphDocumentSchema } from '@baton/domain';
import { z } from 'zod';
import { allows } from '../auth/scopes.ts';
import { defineRoute, documentBody, jsonBody } from '../http/define-route.ts';
import {
  makePage,
  nextLink,
  numberParameter,
  PAGE_HEADERS,
  pageSchema,
  pagingQuery,
  readCursor,
} from '../http/paging.ts';
import { idempotencyHeaders, REPLAYED_HEADER, repeatableRequest } from '../repeatable-request.ts';
import { makeGraph, putGraph } from '../save-graph.ts';
import {
  exportGraph,
  graphSchema,
  graphSummarySchema,
  maskSecretDefaults,
  problemsSchema,
  savedGraphSchema,
  showGraph,
  showGraphHeader,
} from '../show-graph.ts';

/** A document of 200,000 vertices takes some seconds to read, check and write. */
const DOCUMENT_FACTOR = 4;

export const graphParams = z.strictObject({ graph: z.string().min(1).max(220).describe('id or name') });
const noBody = jsonBody(z.strictObject({}), { isOptional: true });

export const createGraphRoute = defineRoute({
  method: 'post',
  path: '/api/v1/graphs',
  scope: 'submit',
  summary: 'Make a graph, empty or whole',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: { headers: idempotencyHeaders, body: documentBody(graphDocumentSchema) },
  responses: {
    201: {
      description: 'It is made; problems name what keeps it from starting.',
      schema: savedGraphSchema,
      headers: { Location: 'the graph', 'Idempotent-Replayed': 'true: it was made before' },
    },
  },
  errors: ['invalid_graph', 'graph_name_taken', 'idempotency_key_in_use', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { text } = call.body.source;
  const saved = await makeGraph(call.deps.database, call.body, repeatableRequest(call, text));
  const { graph, change, problems, isReplayed } = saved;
  const headers = { Location: `/api/v1/graphs/${graph.graphId}`, ...(isReplayed ? REPLAYED_HEADER : {}) };
  return { status: 201, headers, body: { ...showGraph(graph), change, problems } };
});

export const putGraphRoute = defineRoute({
  method: 'put',
  path: '/api/v1/graphs/{graph}',
  scope: 'submit',
  summary: 'Make a graph, or give it new contents: in place, or as the next version where the latest is sealed',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: { params: graphParams, body: documentBody(graphDocumentSchema) },
  responses: { 200: { description: 'It is saved; change says how.', schema: savedGraphSchema } },
  errors: ['graph_not_found', 'invalid_graph'],
}).handle(async ({ deps, params, body, signal }) => {
  const saved = await putGraph(deps.database, params.graph, { document: body, signal });
  return { status: 200, body: { ...showGraph(saved.graph), change: saved.change, problems: saved.problems } };
});

export const listGraphs = defineRoute({
  method: 'get',
  path: '/api/v1/graphs',
  scope: 'read',
  summary: 'List graphs by their latest versions, newest first',
  tag: 'graphs',
  request: {
    query: z.strictObject({
      name: z.string().min(1).max(190).optional().describe('how the name begins'),
      ...pagingQuery,
    }),
  },
  responses: { 200: { description: 'One page.', schema: pageSchema(graphSummarySchema), headers: PAGE_HEADERS } },
}).handle(async ({ deps, query, request }) => {
  const filter = { name: query.name ?? null, beforeId: readCursor(query.cursor) ?? null, limit: query.limit + 1 };
  const page = makePage((await findGraphs(deps.database, filter)).map(showGraphHeader), query.limit, (graph) => graph);
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});

export const getGraph = defineRoute({
  method: 'get',
  path: '/api/v1/graphs/{graph}',
  scope: 'read',
  summary: 'Show a graph whole; with Accept: application/yaml as a document to edit and send again',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: {
    params: graphParams,
    query: z.strictObject({
      version: numberParameter.optional().describe('absent: the latest'),
    }),
  },
  responses: {
    200: { description: 'The graph.', schema: graphSchema, contentTypes: ['application/json', 'application/yaml'] },
  },
  errors: ['graph_not_found'],
}).handle(async ({ deps, identity, params, query, request }) => {
  const reference = parseGraphReference(params.graph);
  const stored = await findGraph(deps.database, { ...reference, version: query.version ?? reference.version });
  // Who may send the graph again gets it as it is: an export that is applied must not change a default.
  const graph = allows(identity.scopes, 'submit') ? stored : maskSecretDefaults(stored);
  if (request.accepts(['application/json', 'application/yaml']) === 'application/yaml') {
    return { status: 200, type: 'application/yaml; charset=utf-8', text: formatGraphYaml(exportGraph(graph)) };
  }
  return { status: 200, body: showGraph(graph) };
});

export const createVersion = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/{graph}/versions',
  scope: 'submit',
  summary: 'Make the next version to edit: a copy of the latest',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: { params: graphParams, body: noBody },
  responses: {
    200: { description: 'The latest version is not sealed: edit that one.', schema: graphSchema },
    201: { description: 'The new version.', schema: graphSchema },
  },
  errors: ['graph_not_found'],
}).handle(async ({ deps, params }) => {
  const { graph, isNew } = await createNextVersion(deps.database, parseGraphReference(params.graph).graph);
  const body = showGraph(graph);
  return isNew ? { status: 201, body } : { status: 200, body };
});

const checkResultSchema = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    version: z.int(),
    checked: z.boolean().describe('it passed: it may start'),
    problems: problemsSchema,
  })
  .meta({ id: 'CheckResult' });

export const checkGraphRoute = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/{graph}/check',
  scope: 'submit',
  summary: 'Check a graph: everything that keeps it from starting, at once',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: { params: graphParams, body: noBody },
  responses: { 200: { description: 'What the check found.', schema: checkResultSchema } },
  errors: ['graph_not_found'],
}).handle(async ({ deps, params }) => {
  const { header, problems } = await checkStoredGraph(deps.database, parseGraphReference(params.graph));
  const { graphId, name, version } = header;
  return { status: 200, body: { id: graphId, name, version, checked: problems.length === 0, problems } };
});

export const checkAllGraphs = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/check',
  scope: 'submit',
  summary: 'Check every graph whose latest version has not passed its check',
  tag: 'graphs',
  deadlineFactor: DOCUMENT_FACTOR,
  request: { body: noBody },
  responses: {
    200: {
      description: 'What the check found of each.',
      schema: z.strictObject({ items: z.array(checkResultSchema) }),
    },
  },
}).handle(async ({ deps, signal }) => {
  const items = [];
  for (const { graphId, name, version } of await findUncheckedGraphs(deps.database)) {
    signal.throwIfAborted();
    const { problems } = await checkStoredGraph(deps.database, { graph: graphId, version });
    items.push({ id: graphId, name, version, checked: problems.length === 0, problems });
  }
  return { status: 200, body: { items } };
});
