import { UnreachableError } from './errors.ts';

export type Fetch = (request: Request) => Promise<Response>;

/** @returns a fetch that gives up after a time and says by UnreachableError why there is no answer */
export function fetchWithin(fetch: Fetch, timeoutMs: number): Fetch {
  return async (request) => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await fetch(new Request(request, { signal }));
    } catch (error) {
      if (request.signal.aborted) throw error; // the caller's own wish
      throw new UnreachableError(new URL(request.url).origin, error);
    }
  };
}

/** The headers must come within a time; the body may then take as long as it likes. */
export function fetchStreamWithin(fetch: Fetch, timeoutMs: number): Fetch {
  return async (request) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await fetch(new Request(request, { signal: AbortSignal.any([request.signal, patience.signal]) }));
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new UnreachableError(new URL(request.url).origin, error);
    } finally {
      clearTimeout(timer);
    }
  };
}
