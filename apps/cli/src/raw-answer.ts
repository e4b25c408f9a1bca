import { ApiError } from '@baton/client';

/** What a call by `client.raw` gave: it throws nothing by itself, as the client's own functions do. */
interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** @throws ApiError where the API refused */
export function answerOf<T>({ data, error, response }: Outcome<T>): T {
  if (data === undefined) throw refusal(response, error);
  return data;
}

/** The API's refusal as an error that says why. */
export function refusal(response: Response, error: unknown): ApiError {
  const isProblem = typeof error === 'object' && error !== null && 'code' in error && 'detail' in error;
  return new ApiError(
    response.status,
    isProblem ? (error as ApiError['problem']) : null,
    new URL(response.url).pathname,
  );
}
