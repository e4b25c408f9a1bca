import { createOpenApiDocument } from '../http/openapi.ts';
import type { Mount, Route } from '../http/route-types.ts';
import { queueBoard } from './board.ts';
import {
  addEdgeRoute,
  addVertexRoute,
  changeEdgeRoute,
  changeVertexRoute,
  removeEdgeRoute,
  removeVertexRoute,
} from './graph-edits.ts';
import {
  checkAllGraphs,
  checkGraphRoute,
  createGraphRoute,
  createVersion,
  getGraph,
  listGraphs,
  putGraphRoute,
} from './graphs.ts';
import { diffRoute } from './diff.ts';
import { getDoctor } from './doctor.ts';
import { getHealth, getReadiness } from './health.ts';
import { getHistory } from './history.ts';
import { getInbox } from './inbox.ts';
import {
  cancelPipelineRoute,
  pausePipelineRoute,
  resumePipelineRoute,
  retryPipelineRoute,
  setModeRoute,
} from './pipeline-control.ts';
import { startPipelineRoute } from './pipelines.ts';
import { getDocs, getDocsFile } from './docs.ts';
import { getMetrics, getRoot, openApiRoute } from './service.ts';
import { getOutput } from './output.ts';
import { getPipelineRoute, listPipelines, listTracks } from './pipelines-read.ts';
import { listPools, putPool, removePool } from './pools.ts';
import { backfillScheduleRoute, listDueTimes, pauseScheduleRoute, resumeScheduleRoute } from './schedule-control.ts';
import {
  createScheduleRoute,
  deleteScheduleRoute,
  getScheduleRoute,
  listSchedules,
  patchScheduleRoute,
} from './schedules.ts';
import { simulateRoute } from './simulate.ts';
import { deleteToken, listTokens, postToken } from './tokens.ts';
import {
  cancelTrackRoute,
  giveUpTrackRoute,
  retryTrackRoute,
  skipTrackRoute,
  succeedTrackRoute,
} from './track-control.ts';
import { approveRoute, chooseNextRoute, giveParametersRoute, rejectRoute } from './track-decisions.ts';
import { getTrackRoute } from './tracks.ts';
import { getOutputs } from './track-outputs.ts';
import { postClaims, postHeartbeats, postOutput, postOutputs, postReleases, postStatus } from './worker-calls.ts';
import { listWorkers } from './workers.ts';
import { getPipelineWhy, getTrackWhy } from './why.ts';

/** Every call of the API. What is not in this table does not exist; /openapi.json is made from it. */
export const ROUTES: readonly Route[] = [
  getRoot,
  openApiRoute(() => openApiDocument()),
  getDocs,
  getDocsFile,
  getMetrics,
  getHealth,
  getReadiness,
  getDoctor,
  createGraphRoute,
  listGraphs,
  checkAllGraphs,
  getGraph,
  putGraphRoute,
  createVersion,
  checkGraphRoute,
  diffRoute,
  simulateRoute,
  addVertexRoute,
  changeVertexRoute,
  removeVertexRoute,
  addEdgeRoute,
  changeEdgeRoute,
  removeEdgeRoute,
  startPipelineRoute,
  pausePipelineRoute,
  resumePipelineRoute,
  cancelPipelineRoute,
  setModeRoute,
  retryPipelineRoute,
  listPipelines,
  getPipelineRoute,
  getHistory,
  getPipelineWhy,
  listTracks,
  getTrackRoute,
  getTrackWhy,
  giveParametersRoute,
  chooseNextRoute,
  approveRoute,
  rejectRoute,
  skipTrackRoute,
  succeedTrackRoute,
  giveUpTrackRoute,
  cancelTrackRoute,
  retryTrackRoute,
  getInbox,
  getOutput,
  getOutputs,
  listWorkers,
  listPools,
  putPool,
  removePool,
  createScheduleRoute,
  listSchedules,
  getScheduleRoute,
  patchScheduleRoute,
  deleteScheduleRoute,
  pauseScheduleRoute,
  resumeScheduleRoute,
  backfillScheduleRoute,
  listDueTimes,
  listTokens,
  postToken,
  deleteToken,
  postClaims,
  postReleases,
  postHeartbeats,
  postStatus,
  postOutput,
  postOutputs,
];

/** What brings its own router. */
export const MOUNTS: readonly Mount[] = [queueBoard];

let document: unknown = null;

/** Made once: the table never changes. */
function openApiDocument(): unknown {
  document ??= createOpenApiDocument(ROUTES);
  return document;
}
