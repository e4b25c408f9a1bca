import type { Question } from '../command-context.ts';
import { runCli, type CliSurroundings } from '../run-cli.ts';

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  url?: string;
  environment?: NodeJS.ProcessEnv;
  workingDirectory?: string;
  signal?: AbortSignal;
  isLive?: boolean;
  /** Answers by the beginning of the question, or what answers each; without them nobody can be asked. */
  answers?: Record<string, string> | ((question: string, signal?: AbortSignal) => string | Promise<string>);
  startStack?: CliSurroundings['startStack'];
  /** Told after each write to stdout. */
  onWrite?(stdout: string): void;
}

/** Runs one command line with a terminal that keeps what was written. */
export async function runForTest(words: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const written = { stdout: '', stderr: '' };
  const { answers, url } = options;
  const ask = async (questions: readonly Question[], signal?: AbortSignal): Promise<string[]> => {
    const given: string[] = [];
    for (const { text } of questions) {
      const isFixed = typeof answers !== 'function';
      given.push(isFixed ? (answers?.[text.split(' ')[0] ?? ''] ?? '') : await answers(text, signal));
    }
    return given;
  };
  const exitCode = await runCli(words, {
    terminal: {
      write(text) {
        written.stdout += text;
        options.onWrite?.(written.stdout);
      },
      writeError: (text) => void (written.stderr += text),
      isLive: options.isLive ?? false,
      columns: () => 100,
      rows: () => 30,
      ask: answers === undefined ? null : ask,
    },
    environment: {
      NO_COLOR: '1',
      ...(url === undefined ? {} : { BATON_API_URL: url, BATON_TOKEN: 'token' }),
      ...options.environment,
    },
    workingDirectory: options.workingDirectory ?? '/',
    signal: options.signal ?? new AbortController().signal,
    startStack: options.startStack ?? (() => Promise.reject(new Error('no stack in this test'))),
  });
  return { exitCode, ...written };
}
