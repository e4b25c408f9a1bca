import createFetchClient, { type Client as FetchClient } from 'openapi-fetch';
import { answerOf, keyHeader, pages } from './answer-of.ts';
import { explainCalls } from './explain-calls.ts';
import { fetchStreamWithin, fetchWithin, type Fetch } from './fetch-within.ts';
import { followOutput } from './follow-output.ts';
import { decisionCalls, inboxCalls, pipelineActions, trackActions } from './person-calls.ts';
import { poolCalls } from './pool-calls.ts';
import { createPost, type PostJson } from './post-json.ts';
import { scheduleCalls } from './schedule-calls.ts';
import type { paths } from './schema.d.ts';
import { tokenCalls } from './token-calls.ts';
import type * as Types from './types.ts';

export interface ClientOptions {
  /** Of the API, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Null: none is sent. */
  token: string | null;
  /** For each call, ms; those that write whole graphs or pipelines get at least 70 s. */
  timeoutMs?: number;
  /** Of people's calls; those of workers go past it (post-json.ts). */
  fetch?: Fetch;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const WRITE_TIMEOUT_MS = 70_000;

/** A graph document: a value, or text in YAML or JSON as a person wrote it. */
export type DocumentInput = Types.GraphDocument | { text: string; format: 'yaml' | 'json' };

/** The API as functions. Each throws ApiError for a refusal and UnreachableError where no answer came in time. */
export type Client = ReturnType<typeof createClient>;

/** @returns the calls by name. Connections are kept alive. Nothing is retried here. */
export function createClient(options: ClientOptions) {
  const { url, token, timeoutMs = DEFAULT_TIMEOUT_MS, fetch = globalThis.fetch } = options;
  const baseUrl = url.replace(/\/+$/, '');
  const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
  const quick = createFetchClient<paths>({ baseUrl, headers, fetch: fetchWithin(fetch, timeoutMs) });
  const patientMs = Math.max(timeoutMs, WRITE_TIMEOUT_MS);
  const patient = createFetchClient<paths>({ baseUrl, headers, fetch: fetchWithin(fetch, patientMs) });
  return {
    ...graphCalls(patient),
    ...startCalls(patient),
    ...pipelineActions(patient),
    ...decisionCalls(quick),
    ...trackActions(quick),
    ...inboxCalls(quick),
    ...poolCalls(quick),
    ...scheduleCalls(quick),
    ...tokenCalls(quick),
    ...explainCalls(patient),
    ...pipelineCalls(quick),
    ...workerCalls(createPost({ baseUrl, headers, timeoutMs })),
    /** What a track prints, as it comes, until the attempt has ended; broken connections are made again. */
    followOutput(trackId: number, follow: { attempt?: number; signal?: AbortSignal } = {}): AsyncGenerator<string> {
      return followOutput(fetchStreamWithin(fetch, timeoutMs), { url: `${baseUrl}/`, headers, trackId, ...follow });
    },
  };
}

function graphCalls(api: FetchClient<paths>) {
  return {
    /** @throws ApiError graph_name_taken, invalid_graph */
    async createGraph(document: DocumentInput, options: { idempotencyKey?: string } = {}): Promise<Types.SavedGraph> {
      const params = { header: keyHeader(options.idempotencyKey) };
      return answerOf(await api.POST('/api/v1/graphs', { params, ...bodyOf(document) }));
    },
    /** Makes a graph or gives it new contents. */
    async putGraph(graph: string, document: DocumentInput): Promise<Types.SavedGraph> {
      return answerOf(await api.PUT('/api/v1/graphs/{graph}', { params: { path: { graph } }, ...bodyOf(document) }));
    },
    /** @param graph id or name */
    async getGraph(graph: string, version?: number): Promise<Types.Graph> {
      const query = version === undefined ? {} : { version };
      return answerOf(await api.GET('/api/v1/graphs/{graph}', { params: { path: { graph }, query } })) as Types.Graph;
    },
    /** The document as YAML. */
    async exportGraph(graph: string, version?: number): Promise<string> {
      const query = version === undefined ? {} : { version };
      const params = { path: { graph }, query };
      const headers = { Accept: 'application/yaml' };
      return answerOf(await api.GET('/api/v1/graphs/{graph}', { params, headers, parseAs: 'text' })) as string;
    },
    /** Every graph, page after page, newest first. */
    async *listGraphs(query: { name?: string } = {}): AsyncGenerator<Types.GraphSummary> {
      yield* pages(async (page) =>
        answerOf(await api.GET('/api/v1/graphs', { params: { query: { ...query, ...page } } })),
      );
    },
    async checkGraph(graph: string): Promise<Types.CheckResult> {
      return answerOf(await api.POST('/api/v1/graphs/{graph}/check', { params: { path: { graph } } }));
    },
    /** Checks every graph that has not passed its check. */
    async checkGraphs(): Promise<Types.CheckResult[]> {
      return answerOf(await api.POST('/api/v1/graphs/check')).items;
    },
  };
}

function startCalls(api: FetchClient<paths>) {
  return {
    /** @throws ApiError graph_not_found, graph_check_failed, invalid_parameters, with every problem */
    async startPipeline(body: Types.StartRequest, options: { idempotencyKey?: string } = {}): Promise<Types.Pipeline> {
      const params = { header: keyHeader(options.idempotencyKey) };
      return answerOf(await api.POST('/api/v1/pipelines', { params, body }));
    },
  };
}

function pipelineCalls(api: FetchClient<paths>) {
  return {
    async getPipeline(pipelineId: number): Promise<Types.Pipeline> {
      return answerOf(await api.GET('/api/v1/pipelines/{pipelineId}', { params: { path: { pipelineId } } }));
    },
    /** Page after page, newest first. */
    async *listPipelines(query: Types.PipelineFilter = {}): AsyncGenerator<Types.PipelineSummary> {
      yield* pages(async (page) =>
        answerOf(await api.GET('/api/v1/pipelines', { params: { query: { ...query, ...page } } })),
      );
    },
    /** Page after page, in the order of the graph's vertices. */
    async *listTracks(pipelineId: number, query: { state?: Types.TrackState[] } = {}): AsyncGenerator<Types.Track> {
      const path = { pipelineId };
      yield* pages(async (page) =>
        answerOf(
          await api.GET('/api/v1/pipelines/{pipelineId}/tracks', { params: { path, query: { ...query, ...page } } }),
        ),
      );
    },
    async getTrack(trackId: number): Promise<Types.TrackDetails> {
      return answerOf(await api.GET('/api/v1/tracks/{trackId}', { params: { path: { trackId } } }));
    },
    /** What its script handed on. */
    async getOutputs(trackId: number, attempt?: number): Promise<Types.TrackOutputs> {
      const query = attempt === undefined ? {} : { attempt };
      return answerOf(await api.GET('/api/v1/tracks/{trackId}/outputs', { params: { path: { trackId }, query } }));
    },
    /** What it has printed so far, whole or the last bytes of it. */
    async readOutput(trackId: number, options: { attempt?: number; tailBytes?: number } = {}): Promise<string> {
      const { attempt, tailBytes } = options;
      const params = {
        path: { trackId },
        query: attempt === undefined ? {} : { attempt },
        header: tailBytes === undefined ? {} : { range: `bytes=-${tailBytes}` },
      };
      // Of an empty answer there is no data.
      const output = await api.GET('/api/v1/tracks/{trackId}/output', { params, parseAs: 'text' });
      return answerOf<string | undefined>(output) ?? '';
    },
    async listWorkers(options: { all?: boolean } = {}): Promise<Types.Worker[]> {
      const query = options.all === true ? { all: 'true' as const } : {};
      return answerOf(await api.GET('/api/v1/workers', { params: { query } })).items;
    },
  };
}

type WorkerPath = Extract<keyof paths, `/api/v1/worker/${string}`>;
type BodyOf<P extends WorkerPath> = paths[P]['post']['requestBody']['content']['application/json'];
type AnswerOf<P extends WorkerPath> = paths[P]['post']['responses'] extends {
  200: { content: { 'application/json': infer Answer } };
}
  ? Answer
  : undefined;

/** What workers call; each call may be repeated. */
function workerCalls(postJson: PostJson) {
  const post = <P extends WorkerPath>(path: P, body: BodyOf<P>) => postJson(path, body) as Promise<AnswerOf<P>>;
  return {
    async claimAttempts(body: Types.ClaimRequest): Promise<Types.ClaimAnswer> {
      return post('/api/v1/worker/claims', body);
    },
    /** What was claimed and not started. */
    async releaseAttempts(body: Types.ReleaseRequest): Promise<Types.ReleaseAnswer> {
      return post('/api/v1/worker/releases', body);
    },
    async sendHeartbeat(body: Types.HeartbeatRequest): Promise<Types.HeartbeatAnswer> {
      return post('/api/v1/worker/heartbeats', body);
    },
    /** For people; no lease depends on it. */
    async sendStatus(body: Types.StatusReport): Promise<void> {
      await post('/api/v1/worker/status', body);
    },
    async sendOutput(body: Types.OutputRequest): Promise<Types.OutputAnswer> {
      return post('/api/v1/worker/output', body);
    },
    /** What scripts hand on, before their completions. */
    async sendOutputValues(body: Types.OutputValuesRequest): Promise<Types.OutputAnswer> {
      return post('/api/v1/worker/outputs', body);
    },
  };
}

/** A text goes out as it is, so that problems name its lines. */
function bodyOf(document: DocumentInput): {
  body: Types.GraphDocument;
  headers: Record<string, string>;
  bodySerializer: () => string;
} {
  const { text, format } = isText(document) ? document : { text: JSON.stringify(document), format: 'json' };
  const headers = { 'Content-Type': `application/${format}` };
  return { body: document as Types.GraphDocument, headers, bodySerializer: () => text };
}

function isText(document: DocumentInput): document is { text: string; format: 'yaml' | 'json' } {
  return 'text' in document && 'format' in document;
}
