import { execa } from 'execa';
import { DevstackError } from './errors.ts';

export interface CommandResult {
  exitCode: number | null;
  stdout: string;
  /** Standard output and error in the order in which they came. */
  output: string;
}

export interface RunCommandOptions {
  timeoutMs: number;
  environment?: Record<string, string>;
}

/**
 * Runs a short command to its end, without input. It does not throw when the command fails or cannot be started: exitCode is null then, or not 0.
 * @param command the program and its arguments
 */
export async function runCommand(command: readonly string[], options: RunCommandOptions): Promise<CommandResult> {
  const [program = '', ...commandArguments] = command;
  const result = await execa(program, commandArguments, {
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: options.timeoutMs,
    env: options.environment ?? {},
  });
  const output = result.all || (result.failed ? result.shortMessage : '');
  return { exitCode: result.exitCode ?? null, stdout: result.stdout ?? '', output: output ?? '' };
}

/** Runs a command that has to succeed. @throws DevstackError with the beginning and the end of its output */
export async function runCommandOrThrow(command: readonly string[], options: RunCommandOptions): Promise<string> {
  const result = await runCommand(command, options);
  if (result.exitCode === 0) return result.stdout;
  const lines = result.output.split('\n');
  // The cause may stand first (mariadb-install-db then gives a page of general advice) or last (apt-get).
  const tail = lines.length > 40 ? [...lines.slice(0, 15), '...', ...lines.slice(-25)].join('\n') : result.output;
  throw new DevstackError(`"${command.join(' ')}" failed (exit status ${result.exitCode ?? 'none'}):\n${tail}`);
}
