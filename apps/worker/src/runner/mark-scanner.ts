export interface MarkScanner {
  /** Takes the next bytes of the stream; returns what surely comes before the mark, and whether the mark was seen. */
  push(chunk: Buffer): { data: Buffer; found: boolean };
  /** What was held back because it could have begun the mark; for a stream that ended without one. */
  rest(): Buffer;
}

/** Finds the mark in a stream, over chunk borders. Holds back only bytes that are the beginning of the mark. */
export function createMarkScanner(mark: Buffer): MarkScanner {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      const position = bytes.indexOf(mark);
      if (position !== -1) {
        held = Buffer.alloc(0);
        return { data: bytes.subarray(0, position), found: true };
      }
      const heldBytes = countHeldBytes(bytes, mark);
      held = Buffer.from(bytes.subarray(bytes.length - heldBytes));
      return { data: bytes.subarray(0, bytes.length - heldBytes), found: false };
    },
    rest: () => held,
  };
}

/** Length of the longest end of `bytes` that is a beginning of `mark`. */
function countHeldBytes(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.compare(mark, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
}
