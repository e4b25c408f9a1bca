import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { startStack } from '@baton/devstack';
import type { Question, Terminal } from './command-context.ts';
import { readEnvironment } from './config.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './run-cli.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time somebody means it.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error(`ended by ${signal}`));
  });
}
// A reader that has gone (`baton ps | head -1`) is no fault of ours and nothing can be told to it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.success);
});

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: createTerminal(),
  environment: readEnvironment(),
  workingDirectory: process.cwd(),
  signal: interrupt.signal,
  startStack,
});

function createTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  // `isTTY` is undefined, not false, for a pipe, whatever its type says: picocolors would then colour by the environment (CI, FORCE_COLOR).
  const isAsking = stdin.isTTY === true && stderr.isTTY === true;
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    isLive: stdout.isTTY === true && stderr.isTTY === true,
    // 0 where a terminal does not know its size.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    ask: isAsking ? askPerson : null,
  };
}

/** One reader for all questions: what was typed ahead for the second is not lost with the first. */
async function askPerson(questions: readonly Question[], takenBack?: AbortSignal): Promise<string[]> {
  const signal = takenBack === undefined ? interrupt.signal : AbortSignal.any([interrupt.signal, takenBack]);
  let isMuted = false;
  // What is typed is written back by readline; a secret is not.
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isMuted) process.stderr.write(chunk);
      done();
    },
  });
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  // In a terminal's raw mode Ctrl-C is a key, and Ctrl-D or the end of the input closes the reader.
  const stop = (): void => interrupt.abort(new Error('ended by the person who was asked'));
  reader.once('SIGINT', stop).once('close', stop);
  const answers: string[] = [];
  try {
    const lines = reader[Symbol.asyncIterator]();
    for (const { text, isSecret } of questions) {
      process.stderr.write(text);
      isMuted = isSecret;
      const line = await Promise.race([lines.next(), waitForAbort(signal)]);
      if (isSecret || takenBack?.aborted === true) process.stderr.write('\n');
      isMuted = false;
      signal.throwIfAborted();
      answers.push(String(line?.value ?? ''));
    }
    return answers;
  } finally {
    reader.off('close', stop);
    reader.close();
  }
}

function waitForAbort(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
