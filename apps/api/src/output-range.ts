/** A piece of stored output, by its place in the whole. */
export interface OutputPiece {
  seq: number;
  byteCount: number;
}

/** Bytes `from` (inclusive) to `to` (exclusive). */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * Reads a Range header of one range: `bytes=0-99`, `bytes=100-`, `bytes=-65536` (the last ones).
 * @returns null where there is none, or none that can be met: then the whole is the answer, as RFC 9110 allows
 */
export function parseRange(header: string | undefined, totalBytes: number): ByteRange | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const from = first === '' ? Math.max(0, totalBytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? totalBytes : Math.min(totalBytes, Number(last) + 1);
  return from < to ? { from, to } : null;
}

/** What of which piece lies in the range, in order. */
export function* piecesIn(
  pieces: readonly OutputPiece[],
  range: ByteRange,
): Generator<{ seq: number; start: number; end: number }> {
  let offset = 0;
  for (const { seq, byteCount } of pieces) {
    const start = Math.max(range.from - offset, 0);
    const end = Math.min(range.to - offset, byteCount);
    if (start < end) yield { seq, start, end };
    offset += byteCount;
    if (offset >= range.to) return;
  }
}
