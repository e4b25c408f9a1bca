import { setTimeout as sleep } from 'node:timers/promises';

/** Calls the API as a program of somebody else's would: HTTP and JSON, nothing of ours. */
export interface ApiCaller {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
}

class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

export function callApi(url: string, token: string): ApiCaller {
  const call = async <T>(
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const body: unknown = isJson ? JSON.parse(text) : text;
    if (!response.ok) throw new HttpError(response.status, body);
    return body as T;
  };
  return {
    get: (path) => call(path, {}),
    post: (path, body = {}, headers = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  };
}

export interface PipelineAnswer {
  id: number;
  state: string;
  reason: string | null;
}

export interface TrackAnswer {
  id: number;
  vertex: string;
  state: string;
  attempt: number;
  worker: string | null;
  startedAt: string | null;
  reason: string | null;
}

/** Asks until the answer is as wanted. @throws Error with the last answer when the time is up */
export async function waitUntil<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = null;
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (isWanted(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error; // the API may be one of those that the test killed
    }
    await sleep(50);
  }
  throw new Error(
    `not as wanted within ${timeoutMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}

export function waitForEnd(api: ApiCaller, pipelineId: number, timeoutMs?: number): Promise<PipelineAnswer> {
  return waitUntil(
    () => api.get<PipelineAnswer>(`/pipelines/${pipelineId}`),
    ({ state }) => ['FINISH', 'FAILED', 'CANCELLED'].includes(state),
    timeoutMs,
  );
}

export async function listTracks(api: ApiCaller, pipelineId: number): Promise<TrackAnswer[]> {
  const tracks: TrackAnswer[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: TrackAnswer[]; nextCursor: string | null } = await api.get(
      `/pipelines/${pipelineId}/tracks?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    tracks.push(...page.items);
    cursor = page.nextCursor;
  }
  return tracks;
}
