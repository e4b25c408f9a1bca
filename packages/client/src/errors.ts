import type { ErrorCode } from '@baton/domain';
import type { components } from './schema.d.ts';

export type ProblemDocument = components['schemas']['ProblemDocument'];

/** The API answered, and the answer is a refusal. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Of the catalogue; `unknown` where something between here and the API answered. */
  readonly code: ErrorCode | 'unknown';
  readonly problem: ProblemDocument | null;

  constructor(status: number, problem: ProblemDocument | null, call: string) {
    super(problem === null ? `${call} was answered with status ${status} and no problem document` : problem.detail);
    this.status = status;
    this.code = (problem?.code as ErrorCode | undefined) ?? 'unknown';
    this.problem = problem;
  }
}

/** No answer came: nothing listens there, the connection broke, or the time was up. Whether the call was done is unknown. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(url: string, cause: unknown) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const why = inner instanceof Error ? inner.message || inner.name : String(inner);
    super(`expected an answer from the API at ${url}, found none: ${why}`, { cause });
  }
}

/** Reads a problem document; null where the text is none. */
export function parseProblem(text: string): ProblemDocument | null {
  try {
    const value: unknown = JSON.parse(text);
    const isProblem = typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
    return isProblem ? (value as ProblemDocument) : null;
  } catch {
    return null; // a page of some proxy: the status says what there is to say
  }
}
