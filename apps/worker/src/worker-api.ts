import { ApiError, type Client, type HeartbeatRequest, type OutputRequest } from '@baton/client';

/** The calls of the API that a worker makes. */
export type WorkerApi = Pick<
  Client,
  'claimAttempts' | 'releaseAttempts' | 'sendHeartbeat' | 'sendOutput' | 'sendOutputValues' | 'sendStatus'
>;

/** One run of one attempt. */
export type RunKey = HeartbeatRequest['running'][number];
export type WorkerReport = HeartbeatRequest['worker'];
export type OutputChunk = OutputRequest['chunks'][number];

/** Refusals that pass: a token that is being renewed, an API that is overloaded. */
const PASSING_STATUS = new Set([401, 403, 408, 425, 429]);

/** Whether the same call would be refused again and again: its body is not what the API takes. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500 && !PASSING_STATUS.has(error.status);
}
