import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf, keyHeader, pages } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

/*
 * What persons do to pipelines and tracks. Each call may be repeated under one idempotency key and is done once; what was
 * so already is no error. Refusals are ApiErrors: state_conflict where it is not the time for it.
 */

/** Why, for the history, and the key under which it is done once. */
export interface ActionOptions {
  reason?: string;
  idempotencyKey?: string;
}

type Reason = { reason?: string };

function reasonOf({ reason }: ActionOptions): Reason {
  return reason === undefined ? {} : { reason };
}

export function pipelineActions(api: FetchClient<paths>) {
  const paramsOf = (pipelineId: number, { idempotencyKey }: ActionOptions) => ({
    path: { pipelineId },
    header: keyHeader(idempotencyKey),
  });
  return {
    /** What runs goes on, nothing starts. */
    async pausePipeline(pipelineId: number, options: ActionOptions = {}): Promise<Types.Pipeline> {
      const call = { params: paramsOf(pipelineId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/pipelines/{pipelineId}/pause', call));
    },
    async resumePipeline(pipelineId: number, options: ActionOptions = {}): Promise<Types.Pipeline> {
      const call = { params: paramsOf(pipelineId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/pipelines/{pipelineId}/resume', call));
    },
    async cancelPipeline(pipelineId: number, options: ActionOptions = {}): Promise<Types.Pipeline> {
      const call = { params: paramsOf(pipelineId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/pipelines/{pipelineId}/cancel', call));
    },
    /** `auto`: tracks that await a choice go on with all their successors. */
    async setMode(
      pipelineId: number,
      mode: Types.Pipeline['mode'],
      options: ActionOptions = {},
    ): Promise<Types.Pipeline> {
      const call = { params: paramsOf(pipelineId, options), body: { mode, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/pipelines/{pipelineId}/mode', call));
    },
    /** @throws ApiError state_conflict naming what is under way; invalid_parameters; graph_check_failed of the version */
    async retryPipeline(
      pipelineId: number,
      request: Omit<Types.RerunRequest, 'reason'> = {},
      options: ActionOptions = {},
    ): Promise<Types.RerunPipeline> {
      const call = { params: paramsOf(pipelineId, options), body: { ...request, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/pipelines/{pipelineId}/retry', call));
    },
  };
}

function trackParams(trackId: number, { idempotencyKey }: ActionOptions) {
  return { path: { trackId }, header: keyHeader(idempotencyKey) };
}

export function decisionCalls(api: FetchClient<paths>) {
  return {
    /** Gives a held track the values that it lacks. */
    async giveParameters(
      trackId: number,
      values: Types.ParameterValues,
      options: ActionOptions = {},
    ): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: { params: values, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/params', call));
    },
    /** @param next names or ids of successors; none: it goes on with none of them */
    async chooseNext(
      trackId: number,
      next: (string | number)[],
      options: ActionOptions = {},
    ): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: { next, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/next', call));
    },
    /** @param form values for the gate's form */
    async approveTrack(
      trackId: number,
      form: Types.ParameterValues = {},
      options: ActionOptions = {},
    ): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: { params: form, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/approve', call));
    },
    async rejectTrack(trackId: number, options: ActionOptions = {}): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/reject', call));
    },
  };
}

export function trackActions(api: FetchClient<paths>) {
  return {
    async skipTrack(trackId: number, options: ActionOptions = {}): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/skip', call));
    },
    async succeedTrack(trackId: number, options: ActionOptions = {}): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/succeed', call));
    },
    /** A failure that awaits a decision stands. */
    async giveUpTrack(trackId: number, options: ActionOptions = {}): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/give-up', call));
    },
    /** Runs one track again that has ended, or whose failure awaits a decision. */
    async retryTrack(
      trackId: number,
      request: { params?: Types.ParameterValues; descendants?: boolean } = {},
      options: ActionOptions = {},
    ): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: { ...request, ...reasonOf(options) } };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/retry', call));
    },
    /** One that runs is CANCELLED when its processes are gone. */
    async cancelTrack(trackId: number, options: ActionOptions = {}): Promise<Types.TrackDetails> {
      const call = { params: trackParams(trackId, options), body: reasonOf(options) };
      return answerOf(await api.POST('/api/v1/tracks/{trackId}/cancel', call));
    },
  };
}

export function inboxCalls(api: FetchClient<paths>) {
  return {
    /** What awaits persons, page after page, the oldest pipelines first. */
    async *listInbox(query: { kind?: Types.InboxItem['kind'][]; mine?: 'true' } = {}): AsyncGenerator<Types.InboxItem> {
      yield* pages(async (page) =>
        answerOf(await api.GET('/api/v1/inbox', { params: { query: { ...query, ...page } } })),
      );
    },
    /**
     * What happened to a pipeline, page after page, oldest first.
     * @param afterId the id of an event: only what came later
     */
    async *listHistory(pipelineId: number, afterId = 0): AsyncGenerator<Types.HistoryEvent> {
      yield* pages(async (page) => {
        const query = { ...(afterId === 0 ? {} : { cursor: String(afterId) }), ...page };
        const params = { path: { pipelineId }, query };
        return answerOf(await api.GET('/api/v1/pipelines/{pipelineId}/history', { params }));
      });
    },
  };
}
