import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

/** What explains: why something does not run, how it would go, what has changed. */
export function explainCalls(api: FetchClient<paths>) {
  return {
    /** What is wrong with the installation, with what to do. */
    async examine(): Promise<Types.Examination> {
      return answerOf(await api.GET('/api/v1/doctor'));
    },
    /** @throws ApiError track_not_found */
    async whyTrack(trackId: number): Promise<Types.TrackWhy> {
      return answerOf(await api.GET('/api/v1/tracks/{trackId}/why', { params: { path: { trackId } } }));
    },
    /** @throws ApiError pipeline_not_found */
    async whyPipeline(pipelineId: number): Promise<Types.PipelineWhy> {
      return answerOf(await api.GET('/api/v1/pipelines/{pipelineId}/why', { params: { path: { pipelineId } } }));
    },
    /**
     * How a pipeline would go.
     * @param graph id, name, or name@version
     * @throws ApiError graph_not_found, graph_check_failed, invalid_parameters, invalid_request
     */
    async simulateGraph(graph: string, body: Types.SimulateRequest = {}): Promise<Types.Simulation> {
      return answerOf(await api.POST('/api/v1/graphs/{graph}/simulate', { params: { path: { graph } }, body }));
    },
    /** What two versions differ in: without `to` the latest, without `from` the one before. */
    async diffGraph(graph: string, range: { from?: number; to?: number } = {}): Promise<Types.GraphDiff> {
      return answerOf(await api.GET('/api/v1/graphs/{graph}/diff', { params: { path: { graph }, query: range } }));
    },
  };
}
