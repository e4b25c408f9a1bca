import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@baton/service';
import { isRefusedForGood, type OutputChunk, type RunKey, type WorkerApi } from './worker-api.ts';

/**
 * Sends what scripts print, of all runs together, many pieces a call. Bounded: a run that prints faster than the API
 * stores waits (its `write` is not settled, the runner stops reading, the script blocks).
 *
 * Pieces are numbered within their run; the API stores each number once, so a call whose end is unknown is made again.
 */
export interface OutputSender {
  open(run: RunKey): RunOutput;
}

interface RunOutput {
  /** Settles when there is room for more. */
  write(bytes: Buffer): Promise<void>;
  /** Settles when everything written is stored, or nobody wants it any more. */
  flush(): Promise<void>;
  /** The run is no longer ours: what is not stored is dropped. */
  drop(): void;
}

const BYTES_IN_A_CHUNK = 256 * 1024;
const BYTES_IN_A_CALL = 4 * 1024 * 1024;
const BYTES_WAITING_OF_A_RUN = 1024 * 1024;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

interface Stream extends RunKey {
  seq: number;
  waiting: Buffer[];
  waitingBytes: number;
  isDropped: boolean;
  wakers: (() => void)[];
}

export function createOutputSender(options: { api: Pick<WorkerApi, 'sendOutput'>; logger: Logger }): OutputSender {
  const dirty = new Set<Stream>();
  let isSending = false;

  const sendAll = async (): Promise<void> => {
    isSending = true;
    while (dirty.size > 0) {
      const { chunks, streams } = takeChunks(dirty);
      await sendUntilStored(options, chunks, streams);
      for (const stream of streams) wake(stream);
    }
    isSending = false;
  };

  const open = (run: RunKey): RunOutput => {
    const stream: Stream = { ...run, seq: 0, waiting: [], waitingBytes: 0, isDropped: false, wakers: [] };
    const waitWhile = async (isTooFull: () => boolean): Promise<void> => {
      while (isTooFull() && !stream.isDropped) {
        await new Promise<void>((resolve) => {
          stream.wakers.push(resolve);
        });
      }
    };
    return {
      async write(bytes) {
        if (stream.isDropped) return;
        stream.waiting.push(bytes);
        stream.waitingBytes += bytes.length;
        dirty.add(stream);
        if (!isSending) void sendAll();
        await waitWhile(() => stream.waitingBytes >= BYTES_WAITING_OF_A_RUN);
      },
      flush: () => waitWhile(() => stream.waitingBytes > 0),
      drop() {
        stream.isDropped = true;
        dirty.delete(stream);
        wake(stream);
      },
    };
  };
  return { open };
}

function wake(stream: Stream): void {
  for (const resolve of stream.wakers.splice(0)) resolve();
}

interface Taken {
  chunk: OutputChunk;
  bytes: number;
}

/** Takes from each stream in turn, so that one flood does not hold up the others. Bytes count as waiting until they are stored. */
function takeChunks(dirty: Set<Stream>): { chunks: Taken[]; streams: Stream[] } {
  const chunks: Taken[] = [];
  const streams: Stream[] = [];
  let total = 0;
  for (const stream of dirty) {
    if (total >= BYTES_IN_A_CALL) break;
    const data = takeBytes(stream, BYTES_IN_A_CHUNK);
    total += data.length;
    const { trackId, attempt, runId } = stream;
    const chunk = { trackId, attempt, runId, seq: stream.seq, data: data.toString('base64') };
    chunks.push({ chunk, bytes: data.length });
    stream.seq += 1;
    streams.push(stream);
    dirty.delete(stream);
    if (stream.waiting.length > 0) dirty.add(stream);
  }
  return { chunks, streams };
}

function takeBytes(stream: Stream, limit: number): Buffer {
  const taken: Buffer[] = [];
  let length = 0;
  for (let first = stream.waiting[0]; first !== undefined && length < limit; first = stream.waiting[0]) {
    const part = first.subarray(0, limit - length);
    taken.push(part);
    length += part.length;
    if (part.length === first.length) stream.waiting.shift();
    else stream.waiting[0] = first.subarray(part.length);
  }
  return Buffer.concat(taken);
}

async function sendUntilStored(
  options: { api: Pick<WorkerApi, 'sendOutput'>; logger: Logger },
  chunks: readonly Taken[],
  streams: readonly Stream[],
): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
    const wanted = chunks.filter((_, index) => streams[index]?.isDropped === false);
    if (wanted.length === 0) return;
    try {
      const { refused } = await options.api.sendOutput({ chunks: wanted.map(({ chunk }) => chunk) });
      const refusedRuns = new Set(refused.map(({ runId }) => runId));
      chunks.forEach(({ chunk, bytes }, index) => {
        const stream = streams[index];
        if (stream === undefined) return;
        stream.waitingBytes -= bytes;
        if (refusedRuns.has(chunk.runId)) stream.isDropped = true;
      });
      return;
    } catch (error) {
      options.logger.warn({ event: 'output_failed', chunks: wanted.length, err: error });
      if (isRefusedForGood(error)) {
        for (const stream of streams) stream.isDropped = true;
        return;
      }
      await sleep(retryMs);
    }
  }
}
