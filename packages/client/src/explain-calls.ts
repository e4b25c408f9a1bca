import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

/** What explains: why something does not run. */
export function explainCalls(api: FetchClient<paths>) {
  return {
    /** @throws ApiError track_not_found */
    async whyTrack(trackId: number): Promise<Types.TrackWhy> {
      return answerOf(await api.GET('/api/v1/tracks/{trackId}/why', { params: { path: { trackId } } }));
    },
    /** @throws ApiError pipeline_not_found */
    async whyPipeline(pipelineId: number): Promise<Types.PipelineWhy> {
      return answerOf(await api.GET('/api/v1/pipelines/{pipelineId}/why', { params: { path: { pipelineId } } }));
    },
  };
}
