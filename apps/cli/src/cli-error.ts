import { ApiError, UnreachableError, type ProblemDocument } from '@baton/client';
import { DevstackError } from '@baton/devstack';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printable } from './format.ts';

/** Ends a command with a message for a person: what was expected, what was found, what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options: { cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** @returns the exit code that an error stands for; undefined for an error that nobody expected */
export function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof UnreachableError || error instanceof DevstackError) return EXIT.unreachable;
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 401 || error.status === 403) return EXIT.auth;
  return error.status >= 500 || error.code === 'unknown' ? EXIT.unreachable : EXIT.usage;
}

/** An error as lines for a person, every problem of a problem document among them. */
export function describeError(error: unknown): string[] {
  if (error instanceof ApiError) return describeApiError(error);
  if (error instanceof UnreachableError) {
    return [error.message, 'Is it running? "npx baton up" starts one here; BATON_API_URL names another.'];
  }
  if (exitCodeOf(error) !== undefined && error instanceof Error) return error.message.split('\n');
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** An error as the JSON document that `--json` promises. */
export function errorDocument(error: unknown): { error: { code: string; message: string; problem?: ProblemDocument } } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError) {
    return { error: { code: error.code, message, ...(error.problem === null ? {} : { problem: error.problem }) } };
  }
  return { error: { code: error instanceof Error ? error.name : 'Error', message } };
}

function describeApiError(error: ApiError): string[] {
  const { problem } = error;
  const lines = [`${problem?.title ?? 'Refused'} (${error.status} ${error.code})`, printable(error.message)];
  lines.push(...(problem?.problems ?? []).map((one) => `  ${describeProblem(one)}`));
  if (error.status === 401) lines.push('Give a valid token in BATON_TOKEN.');
  if (error.status >= 500 && problem !== null)
    lines.push(`The server's log has it under request ${problem.requestId}.`);
  return lines;
}

/** One line: code, place, message. */
export function describeProblem(problem: ProblemDocument['problems'][number]): string {
  const { code, message, pointer, line, column } = problem;
  const places = [
    ...(line === undefined ? [] : [`line ${line}, column ${column ?? 1}`]),
    ...(pointer ? [pointer] : []),
  ];
  return printable(`${code}${places.length === 0 ? '' : ` at ${places.join(', ')}`}: ${message}`);
}
