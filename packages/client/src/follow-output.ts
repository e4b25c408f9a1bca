import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, parseProblem } from './errors.ts';
import type { Fetch } from './fetch-within.ts';

export interface FollowOptions {
  url: string;
  headers: Record<string, string>;
  trackId: number;
  /** Absent: the one that runs, else the newest with output. */
  attempt?: number;
  signal?: AbortSignal;
}

/** Connections in a row that bring nothing new; then the last error is the caller's. */
const MAX_FRUITLESS = 10;
const RETRY_DELAY_MS = 500;

/**
 * What a track prints, until its attempt has ended. Output is the same bytes each time it is read, so a connection that
 * breaks is made again and what came before is skipped.
 * @throws ApiError, UnreachableError; AbortError when the signal says so
 */
export async function* followOutput(fetch: Fetch, options: FollowOptions): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let { attempt } = options;
  let seen = 0;
  let fruitless = 0;
  for (;;) {
    let skip = seen;
    try {
      const response = await open(fetch, options, attempt);
      attempt ??= Number(response.headers.get('X-Baton-Attempt') ?? 0) || undefined;
      for await (const chunk of response.body ?? []) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        seen += fresh.length;
        if (fresh.length === 0) continue;
        fruitless = 0;
        yield decoder.decode(fresh, { stream: true });
      }
      const rest = decoder.decode();
      if (rest !== '') yield rest;
      return;
    } catch (error) {
      fruitless += 1;
      if (options.signal?.aborted === true || isFinal(error) || fruitless > MAX_FRUITLESS) throw error;
      await sleep(RETRY_DELAY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

/** A refusal stays one; 503 and connections that break, however that is said, pass. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && error.status !== 503;
}

async function open(fetch: Fetch, options: FollowOptions, attempt: number | undefined): Promise<Response> {
  const query = new URLSearchParams({ follow: 'true', ...(attempt === undefined ? {} : { attempt: String(attempt) }) });
  const url = new URL(`api/v1/tracks/${options.trackId}/output?${query.toString()}`, options.url);
  const { headers, signal = null } = options;
  const response = await fetch(new Request(url, { headers, signal }));
  if (response.ok) return response;
  throw new ApiError(response.status, parseProblem(await response.text()), `GET ${url.pathname}`);
}
