import { findGraphHeader, findPipelines, findTracks, loadPipelineGraph, type Database } from '@baton/database';
import { PIPELINE_STATES, TRACK_STATES } from '@baton/domain';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  idParameter,
  listParameter,
  makePage,
  nextLink,
  PAGE_HEADERS,
  pageSchema,
  pagingQuery,
  readCursor,
  readIdOrName,
} from '../http/paging.ts';
import {
  getPipeline,
  pipelineSchema,
  pipelineSummarySchema,
  showPipeline,
  summarisePipeline,
} from '../show-pipeline.ts';
import { describeTrackOf, trackSchema } from '../show-track.ts';

const pipelineParams = z.strictObject({ pipelineId: idParameter });

export const listPipelines = defineRoute({
  method: 'get',
  path: '/api/v1/pipelines',
  scope: 'read',
  summary: 'List pipelines, newest first',
  tag: 'pipelines',
  request: {
    query: z.strictObject({
      state: listParameter(z.enum(PIPELINE_STATES)).describe('may be repeated'),
      graph: z.string().min(1).max(190).optional().describe('id or name of a graph'),
      name: z.string().min(1).max(190).optional().describe('how the name begins'),
      createdAfter: z.iso.datetime({ offset: true }).optional(),
      createdBefore: z.iso.datetime({ offset: true }).optional(),
      parent: idParameter.optional().describe('only pipelines that this track runs, or ran; for a map: one'),
      children: z.enum(['true', 'false']).optional().describe('true: also pipelines that tracks run; absent: false'),
      ...pagingQuery,
    }),
  },
  responses: { 200: { description: 'One page.', schema: pageSchema(pipelineSummarySchema), headers: PAGE_HEADERS } },
  errors: ['graph_not_found'],
}).handle(async ({ deps, query, request }) => {
  const { state, graph, name, parent, children, createdAfter, createdBefore, limit } = query;
  const beforeId = readCursor(query.cursor);
  const rows = await findPipelines(deps.database, {
    states: state,
    limit: limit + 1,
    ...(graph === undefined ? {} : { graphId: await findGraphId(deps.database, graph) }),
    ...(name === undefined ? {} : { namePrefix: name }),
    ...(parent === undefined && children === 'true' ? {} : { parentTrackId: parent ?? null }),
    ...(createdAfter === undefined ? {} : { createdAfter: new Date(createdAfter) }),
    ...(createdBefore === undefined ? {} : { createdBefore: new Date(createdBefore) }),
    ...(beforeId === undefined ? {} : { beforeId }),
  });
  const page = makePage(rows, limit, summarisePipeline);
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});

export const getPipelineRoute = defineRoute({
  method: 'get',
  path: '/api/v1/pipelines/{pipelineId}',
  scope: 'read',
  summary: 'Show a pipeline, with how many tracks are in each state',
  tag: 'pipelines',
  request: { params: pipelineParams },
  responses: { 200: { description: 'The pipeline.', schema: pipelineSchema } },
  errors: ['pipeline_not_found'],
}).handle(async ({ deps, params }) => ({ status: 200, body: await showPipeline(deps.database, params.pipelineId) }));

export const listTracks = defineRoute({
  method: 'get',
  path: '/api/v1/pipelines/{pipelineId}/tracks',
  scope: 'read',
  summary: "List a pipeline's tracks in the order of the graph's vertices",
  tag: 'tracks',
  request: {
    params: pipelineParams,
    query: z.strictObject({
      state: listParameter(z.enum(TRACK_STATES)).describe('may be repeated'),
      ...pagingQuery,
    }),
  },
  responses: { 200: { description: 'One page.', schema: pageSchema(trackSchema), headers: PAGE_HEADERS } },
  errors: ['pipeline_not_found'],
}).handle(async ({ deps: { database }, params, query, request }) => {
  const pipeline = await getPipeline(database, params.pipelineId);
  const afterId = readCursor(query.cursor);
  const rows = await findTracks(database, {
    pipelineId: pipeline.id,
    states: query.state,
    limit: query.limit + 1,
    ...(afterId === undefined ? {} : { afterId }),
  });
  const graph = await loadPipelineGraph(database.dataSource, database, pipeline);
  const page = makePage(rows, query.limit, (track) => describeTrackOf(track, pipeline, graph));
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});

async function findGraphId({ dataSource }: Database, graph: string): Promise<number> {
  return (await findGraphHeader(dataSource, { graph: readIdOrName(graph), version: null })).graphId;
}
