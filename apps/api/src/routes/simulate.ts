import { simulationSchema } from '@baton/domain';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { simulateGraph, simulateRequestSchema } from '../simulate-graph.ts';
import { graphParams } from './graphs.ts';

export const simulateRoute = defineRoute({
  method: 'post',
  path: '/api/v1/graphs/{graph}/simulate',
  scope: 'read',
  summary: 'What if? Tell how a pipeline would go, given how some of its vertices end; nothing is run or written',
  tag: 'graphs',
  request: { params: graphParams, body: jsonBody(simulateRequestSchema, { isOptional: true }) },
  responses: { 200: { description: 'How it would end, and when what would run.', schema: simulationSchema } },
  errors: ['graph_not_found', 'graph_check_failed', 'invalid_parameters'],
}).handle(async ({ deps, params, body }) => ({
  status: 200,
  body: await simulateGraph(deps.database, params.graph, body),
}));
