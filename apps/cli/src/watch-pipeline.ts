import { setTimeout as wait } from 'node:timers/promises';
import { ApiError, UnreachableError, type Client, type Pipeline, type Track } from '@baton/client';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

export interface PipelineSnapshot {
  pipeline: Pipeline;
  /** In the order of the graph's vertices. */
  tracks: Track[];
}

export interface WatchOptions {
  signal: AbortSignal;
  /** Give up after so long, ms; null: never. */
  timeoutMs: number | null;
  onSnapshot(snapshot: PipelineSnapshot): void | Promise<void>;
}

const MIN_PAUSE_MS = 150;
/** All tracks are read when a count has changed, and else this often: an attempt may be followed by another. */
const FULL_READ_MS = 2000;
const MAX_FRUITLESS = 20;
const ENDED_STATES: readonly string[] = ['FINISH', 'FAILED', 'CANCELLED'];

/**
 * Looks at a pipeline again and again until it has ended and nothing of it runs any more. The longer a look takes the longer
 * is the pause, so that watching a large pipeline does not slow it down. An API that is away for some seconds is waited for.
 * @returns the last snapshot
 * @throws CliError when the time is up; the signal's reason; ApiError, UnreachableError
 */
export async function watchPipeline(
  client: Client,
  pipelineId: number,
  options: WatchOptions,
): Promise<PipelineSnapshot> {
  const deadline = options.timeoutMs === null ? Infinity : performance.now() + options.timeoutMs;
  let known: PipelineSnapshot | null = null;
  let readAt = -Infinity;
  let fruitless = 0;
  for (;;) {
    const startedAt = performance.now();
    try {
      const pipeline = await client.getPipeline(pipelineId);
      if (known === null || hasChanged(known.pipeline, pipeline) || startedAt - readAt > FULL_READ_MS) {
        known = { pipeline, tracks: await readTracks(client, pipelineId) };
        readAt = startedAt;
      }
      fruitless = 0;
      await options.onSnapshot(known);
      const hasEnded = ENDED_STATES.includes(pipeline.state);
      if (hasEnded && known.tracks.every(({ state }) => state !== 'RUNNING')) return known;
      // What runs beside a failure goes on for a while; the counts alone may not show its end.
      if (hasEnded) readAt = -Infinity;
    } catch (error) {
      fruitless += 1;
      if (options.signal.aborted || !isPassing(error) || fruitless > MAX_FRUITLESS) throw error;
    }
    options.signal.throwIfAborted();
    if (performance.now() > deadline) {
      const message = `pipeline ${pipelineId} has not ended within ${(options.timeoutMs ?? 0) / 1000} s; it goes on`;
      throw new CliError(message, EXIT.timeout);
    }
    await wait(Math.max(MIN_PAUSE_MS, 2 * (performance.now() - startedAt)), undefined, { signal: options.signal });
  }
}

function hasChanged(before: Pipeline, now: Pipeline): boolean {
  return before.state !== now.state || JSON.stringify(before.counts) !== JSON.stringify(now.counts);
}

function isPassing(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiError && error.status === 503);
}

export async function readTracks(
  client: Client,
  pipelineId: number,
  query: Parameters<Client['listTracks']>[1] = {},
): Promise<Track[]> {
  const tracks: Track[] = [];
  for await (const track of client.listTracks(pipelineId, query)) tracks.push(track);
  return tracks;
}
