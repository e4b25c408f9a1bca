/**
 * The catalogue of errors: every code that leaves Baton, with its HTTP status and a title.
 * Codes are stable: programs branch on them. docs/errors.md lists exactly these; a test compares the two.
 */
export const ERROR_CATALOGUE = {
  malformed_json: { status: 400, title: 'The text is not JSON' },
  malformed_yaml: { status: 400, title: 'The text is not YAML' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token lacks the scope for this call' },
  not_an_approver: { status: 403, title: 'The gate names other approvers' },
  self_approval_forbidden: { status: 403, title: 'Whoever started the pipeline may not decide at this gate' },
  foreign_origin: { status: 403, title: 'Requests from pages of other sites are refused' },
  graph_not_found: { status: 404, title: 'No such graph' },
  vertex_not_found: { status: 404, title: 'No such vertex' },
  edge_not_found: { status: 404, title: 'No such edge' },
  pipeline_not_found: { status: 404, title: 'No such pipeline' },
  track_not_found: { status: 404, title: 'No such track' },
  attempt_not_found: { status: 404, title: 'No such attempt' },
  token_not_found: { status: 404, title: 'No such token' },
  pool_not_found: { status: 404, title: 'No such pool' },
  schedule_not_found: { status: 404, title: 'No such schedule' },
  route_not_found: { status: 404, title: 'No such call' },
  graph_name_taken: { status: 409, title: 'Another graph has this name' },
  graph_sealed: { status: 409, title: 'A sealed version never changes' },
  graph_check_failed: { status: 409, title: 'The graph does not pass its check' },
  schedule_name_taken: { status: 409, title: 'Another schedule has this name' },
  state_conflict: { status: 409, title: 'The state does not allow this' },
  pool_in_use: { status: 409, title: 'Graphs or running tracks need this pool' },
  idempotency_key_in_use: { status: 409, title: 'A request with this Idempotency-Key is under way' },
  body_too_large: { status: 413, title: 'The body is over its limit' },
  unsupported_media_type: { status: 415, title: 'The body is of a type that this call does not take' },
  unknown_host: { status: 421, title: 'The Host header names another server' },
  invalid_request: { status: 422, title: 'The request does not have the form that this call takes' },
  invalid_graph: { status: 422, title: 'The graph document has problems' },
  invalid_parameters: { status: 422, title: 'Parameters are unknown, missing or of a wrong form' },
  invalid_choice: { status: 422, title: 'The choice names something that is not a successor' },
  invalid_schedule: { status: 422, title: 'The schedule has problems' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used with another request' },
  internal: { status: 500, title: 'Baton failed in a way that it did not expect' },
  deadline_exceeded: { status: 503, title: 'The answer took too long' },
  database_unavailable: { status: 503, title: 'MySQL cannot be reached' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One thing that is wrong with what somebody gave, and where. */
export interface Problem {
  /** Stable, for programs; snake_case, e.g. `cycle`, `missing_parameter`. */
  code: string;
  /** For people: what was expected, what was found. */
  message: string;
  /** JSON pointer (RFC 6901) into the body or document. */
  pointer?: string;
  /** Names of the vertices concerned; for a cycle in order, the first repeated at the end. */
  vertices?: string[];
  /** 1-based place in the text, where the input was a text. */
  line?: number;
  column?: number;
}

/** An error that a caller may branch on; becomes a problem document (RFC 9457) at the HTTP edge. */
export class BatonError extends Error {
  override readonly name = 'BatonError';
  readonly code: ErrorCode;
  readonly problems: Problem[];

  constructor(code: ErrorCode, detail: string, options: { problems?: Problem[]; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }
}

/** For details: `1 problem`, `2 problems`. */
export function countProblems({ length }: { length: number }): string {
  return length === 1 ? '1 problem' : `${length} problems`;
}

/**
 * An error about all that is wrong with one thing.
 * @param expected what it should be: `expected ...`
 * @param problems at least one; the first is in the detail
 */
export function errorOfProblems(code: ErrorCode, expected: string, problems: Problem[]): BatonError {
  const [first] = problems as [Problem];
  return new BatonError(code, `${expected}, found ${countProblems(problems)}; the first: ${first.message}`, {
    problems,
  });
}
