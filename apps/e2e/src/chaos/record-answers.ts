import type { ApiCaller } from '../testing/call-api.ts';

/** One call of the API with what came back, as the caller saw it. */
export interface RecordedAnswer {
  method: 'GET' | 'POST';
  path: string;
  body: unknown;
  headers: Readonly<Record<string, string>>;
  /** Of this process's monotonic clock, ms. */
  askedAt: number;
  answeredAt: number;
  /** Of this host's clock, ms since 1970. */
  askedAtMs: number;
  /** Null: no answer came, so it may or may not have been done. */
  status: number | null;
  answer: unknown;
  error: string | null;
}

export interface AnswerRecorder extends ApiCaller {
  readonly answers: readonly RecordedAnswer[];
}

/**
 * An ApiCaller that keeps every request with its answer or error.
 * @param answers where to; several callers may share it
 */
export function recordAnswers(api: ApiCaller, answers: RecordedAnswer[] = []): AnswerRecorder {
  type Request = Pick<RecordedAnswer, 'method' | 'path' | 'body' | 'headers'>;
  const record = async <T>(request: Request, call: () => Promise<T>): Promise<T> => {
    const asked = { ...request, askedAt: performance.now(), askedAtMs: Date.now() };
    try {
      const answer = await call();
      answers.push({ ...asked, answeredAt: performance.now(), status: 200, answer, error: null });
      return answer;
    } catch (error) {
      const { status, body } = error as { status?: number; body?: unknown };
      const message = error instanceof Error ? error.message : String(error);
      const given = { status: status ?? null, answer: body, error: message };
      answers.push({ ...asked, answeredAt: performance.now(), ...given });
      throw error;
    }
  };
  return {
    answers,
    get: (path) => record({ method: 'GET', path, body: null, headers: {} }, () => api.get(path)),
    post: (path, body = {}, headers = {}) =>
      record({ method: 'POST', path, body, headers }, () => api.post(path, body, headers)),
  };
}
