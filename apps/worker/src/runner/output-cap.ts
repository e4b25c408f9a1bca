import { MAX_CHUNK_BYTES } from './run-types.ts';

export interface OutputCap {
  /** Takes what the script wrote; resolves when the receiver has taken what is passed on. */
  accept(chunk: Buffer): Promise<void>;
  /** Sends the mark of a cut and the tail. To be called once, after the last `accept`. */
  finish(): Promise<void>;
  outputBytes(): number;
  cutBytes(): number;
}

const MAX_TAIL_BYTES = 256 * 1024;

/**
 * Passes output on up to a cap. The last quarter of the cap, 256 KiB at most, is kept back for the end of the output: so
 * output within the cap arrives whole, and of longer output the beginning and the end do. Memory is bounded by the tail.
 */
export function createOutputCap(maxOutputBytes: number, send: (chunk: Buffer) => Promise<void>): OutputCap {
  const tailLimit = Math.min(Math.floor(maxOutputBytes / 4), MAX_TAIL_BYTES);
  const headLimit = maxOutputBytes - tailLimit;
  let sentBytes = 0;
  let tailBytes = 0;
  let ring: Buffer | null = null;

  async function sendInChunks(data: Buffer): Promise<void> {
    for (let start = 0; start < data.length; start += MAX_CHUNK_BYTES) {
      await send(data.subarray(start, start + MAX_CHUNK_BYTES));
    }
  }

  function keepTail(data: Buffer): void {
    if (tailLimit > 0 && data.length > 0) {
      ring ??= Buffer.allocUnsafe(tailLimit);
      const skippedBytes = Math.max(0, data.length - tailLimit);
      let position = (tailBytes + skippedBytes) % tailLimit;
      for (let start = skippedBytes; start < data.length;) {
        const copiedBytes = data.copy(ring, position, start);
        start += copiedBytes;
        position = (position + copiedBytes) % tailLimit;
      }
    }
    tailBytes += data.length;
  }

  const cutBytes = () => Math.max(0, tailBytes - tailLimit);
  return {
    async accept(chunk) {
      const head = chunk.subarray(0, headLimit - sentBytes);
      sentBytes += head.length;
      keepTail(chunk.subarray(head.length));
      await sendInChunks(head);
    },
    async finish() {
      if (cutBytes() > 0) await send(Buffer.from(`\n[baton: ${cutBytes()} bytes of output were cut here]\n`));
      if (ring === null) return;
      const start = tailBytes > tailLimit ? tailBytes % tailLimit : 0;
      const end = Math.min(tailBytes, tailLimit);
      await sendInChunks(Buffer.concat([ring.subarray(start, end), ring.subarray(0, start)]));
    },
    outputBytes: () => sentBytes + tailBytes,
    cutBytes,
  };
}
