import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { startStack } from '@baton/devstack';
import type { Terminal } from './command-context.ts';
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
  const isAsking = stdin.isTTY && stderr.isTTY;
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    isLive: stdout.isTTY && stderr.isTTY,
    columns: () => stdout.columns ?? 80,
    rows: () => stdout.rows ?? 24,
    ask: isAsking ? askPerson : null,
  };
}

async function askPerson(question: string, { isSecret }: { isSecret: boolean }): Promise<string> {
  // What is typed is written back by readline: for a secret into nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: isSecret ? nowhere : process.stderr, terminal: true });
  try {
    if (isSecret) process.stderr.write(question);
    const signal = interrupt.signal;
    reader.once('SIGINT', () => interrupt.abort(new Error('ended by SIGINT')));
    const value = await reader.question(isSecret ? '' : question, { signal });
    if (isSecret) process.stderr.write('\n');
    return value.trim();
  } finally {
    reader.close();
  }
}
