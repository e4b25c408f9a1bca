import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const LONGEST_READ_BYTES = 256 * 1024;

/**
 * What was written to a log after a position; only the newest 256 KiB of it.
 * @param position the size of the file before, in bytes
 */
export function readLogSince(logPath: string, position: number): string {
  const file = openSync(logPath, 'r');
  try {
    const size = fstatSync(file).size;
    const from = Math.max(position, size - LONGEST_READ_BYTES);
    if (size <= from) return '';
    const buffer = Buffer.alloc(size - from);
    const length = readSync(file, buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}
