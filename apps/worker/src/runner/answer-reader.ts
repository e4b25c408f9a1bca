import type { Program } from './start-program.ts';

export interface AnswerReader {
  /** The next line on fd 3, or null when the helper has ended and no line is left. One caller at a time. */
  next(): Promise<string | null>;
}

/** Splits what the helper writes to fd 3 into lines. */
export function createAnswerReader(program: Program): AnswerReader {
  const lines: (string | null)[] = [];
  let waiting: ((line: string | null) => void) | null = null;
  let partial = '';
  const deliver = (line: string | null): void => {
    const receive = waiting;
    waiting = null;
    if (receive === null) lines.push(line);
    else receive(line);
  };
  program.answers.on('data', (chunk: Buffer) => {
    const parts = (partial + chunk.toString('latin1')).split('\n');
    partial = parts.pop() ?? '';
    for (const line of parts) deliver(line);
  });
  program.answers.once('close', () => deliver(null));
  return {
    next: () =>
      new Promise((resolve) => {
        const line = lines[0];
        if (line === undefined) waiting = resolve;
        else resolve(line === null ? null : (lines.shift() ?? null));
      }),
  };
}
