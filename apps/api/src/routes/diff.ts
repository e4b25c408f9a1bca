import { z } from 'zod';
import { allows } from '../auth/scopes.ts';
import { diffVersions, graphDiffSchema } from '../diff-versions.ts';
import { defineRoute } from '../http/define-route.ts';
import { numberParameter } from '../http/paging.ts';
import { graphParams } from './graphs.ts';

const version = numberParameter.optional();

export const diffRoute = defineRoute({
  method: 'get',
  path: '/api/v1/graphs/{graph}/diff',
  scope: 'read',
  summary: 'Tell what two versions of a graph differ in',
  tag: 'graphs',
  request: {
    params: graphParams,
    query: z.strictObject({
      from: version.describe('absent: the version before'),
      to: version.describe('absent: the latest'),
    }),
  },
  responses: { 200: { description: 'What leads from one to the other.', schema: graphDiffSchema } },
  errors: ['graph_not_found'],
}).handle(async ({ deps, params, query, identity }) => ({
  status: 200,
  body: await diffVersions(deps.database, params.graph, { ...query, isMasked: !allows(identity.scopes, 'submit') }),
}));
