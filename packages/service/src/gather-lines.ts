/** Where lines go, as pino's own stream takes them. */
export interface LineStream {
  write(text: string): unknown;
  flush(callback: (error?: Error) => void): void;
  flushSync(): void;
}

/**
 * Gives a stream the lines of one turn of the event loop in one write: a write costs more than its lines. A process that is
 * killed loses the lines of the turn that was under way; before one that ends itself, `passOn` has to be called.
 */
export function gatherLines(stream: LineStream): LineStream & { passOn(): void } {
  let lines = '';
  const passOn = (): void => {
    const text = lines;
    lines = '';
    if (text !== '') stream.write(text);
  };
  return {
    passOn,
    write(line) {
      if (lines === '') setImmediate(passOn);
      lines += line;
    },
    flush(callback) {
      passOn();
      stream.flush(callback);
    },
    /** Called by pino after a fatal line. */
    flushSync() {
      passOn();
      stream.flushSync();
    },
  };
}
