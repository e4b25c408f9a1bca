import { execa } from 'execa';
import type { Readable, Stream, Writable } from 'node:stream';

export interface ProgramOptions {
  command: readonly [string, ...string[]];
  /** The whole environment; nothing of the worker's own is added. */
  environment: Record<string, string>;
}

export interface ProgramEnd {
  exitCode: number | null;
  signal: string | null;
  /** Why the program could not be started, or the last of what it wrote to stderr. */
  message: string;
}

export interface Program {
  /** undefined where the program could not be started; `ended` says why. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  /** What the program writes to fd 3. */
  readonly answers: Readable;
  /** Resolves, never rejects, when the program itself has ended, whatever still holds its pipes. */
  readonly ended: Promise<ProgramEnd>;
}

const MAX_MESSAGE_LENGTH = 2_000;

/**
 * Starts a long-lived program in a session of its own, with an exact environment. The only place that starts a process.
 * The caller ends it; nothing here does so when the worker exits.
 */
export function startProgram(options: ProgramOptions): Program {
  const [file, ...commandArguments] = options.command;
  const subprocess = execa(file, commandArguments, {
    env: options.environment,
    extendEnv: false,
    cwd: '/',
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
  let message = '';
  subprocess.stderr.on('data', (chunk: Buffer) => {
    message = (message + chunk.toString()).slice(-MAX_MESSAGE_LENGTH);
  });
  const answers = subprocess.stdio[3] as Readable;
  const streams: Stream[] = [subprocess.stdin, subprocess.stderr, answers];
  // A program that is gone makes its pipes fail; that it is gone is told by `ended`, once.
  for (const stream of streams) stream.on('error', () => undefined);
  const ended = new Promise<ProgramEnd>((resolve) => {
    const finish = (exitCode: number | null, signal: string | null) =>
      resolve({ exitCode, signal: signal?.replace(/^SIG/, '') ?? null, message: message.trim() });
    subprocess.once('exit', finish);
    void subprocess.then((result) => {
      if (subprocess.pid === undefined) message = result.originalMessage ?? result.shortMessage ?? 'not started';
      if (subprocess.pid === undefined) finish(null, null);
    });
  });
  return { pid: subprocess.pid, stdin: subprocess.stdin, answers, ended };
}
