import { createClient } from '@baton/client';
import { CommanderError } from 'commander';
import picocolors from 'picocolors';
import { describeError, errorDocument, exitCodeOf } from './cli-error.ts';
import type { CommandContext, Terminal } from './command-context.ts';
import { findServer } from './config.ts';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';

export interface CliSurroundings {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
  /** Aborted when the person wants it to end. */
  signal: AbortSignal;
  startStack: CommandContext['startStack'];
}

/** An error that nobody expected: EX_SOFTWARE of sysexits.h. */
const UNEXPECTED = 70;

/**
 * Runs one command line.
 * @returns the exit code; errors have been told on stderr (and with --json as a document on stdout)
 */
export async function runCli(words: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const { terminal, signal } = surroundings;
  let isJson = false;
  const program = createProgram({
    write: (text) => terminal.write(text),
    writeError: (text) => terminal.writeError(text),
    createContext(options) {
      isJson = options.json === true;
      return createContext(surroundings, isJson);
    },
  });
  try {
    return await program.run(words);
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
    if (signal.aborted) return EXIT.interrupted;
    const [first = '', ...rest] = describeError(error);
    terminal.writeError(`baton: ${[first, ...rest].join('\n')}\n`);
    if (isJson) terminal.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
    return exitCodeOf(error) ?? UNEXPECTED;
  }
}

function createContext(surroundings: CliSurroundings, isJson: boolean): CommandContext {
  const { terminal, environment, workingDirectory, signal, startStack } = surroundings;
  return {
    terminal,
    colors: picocolors.createColors(terminal.isLive && !environment.NO_COLOR && !isJson),
    isJson,
    signal,
    workingDirectory,
    connect: () =>
      createClient({
        ...findServer(environment, workingDirectory),
        // An interrupt ends also what is under way.
        fetch: (request) => fetch(new Request(request, { signal: AbortSignal.any([request.signal, signal]) })),
      }),
    startStack,
  };
}
