import type { WorkerApi } from './worker-api.ts';

const CALL_TIMEOUT_MS = 10_000;

/** The API's calls for workers. */
export function connectApi(url: string, token: string): WorkerApi {
  const call = async (path: string, body: unknown): Promise<never> => {
    const response = await fetch(new URL(`/api/v1/worker/${path}`, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as never;
  };
  return {
    claimAttempts: (body) => call('claims', body),
    sendHeartbeat: (body) => call('heartbeats', body),
    sendOutput: (body) => call('output', body),
  };
}
