import { ApiError, parseProblem } from './errors.ts';

/** What openapi-fetch gives of a call. */
interface Outcome<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** @throws ApiError where the API refused */
export function answerOf<T>({ data, error, response }: Outcome<T>): T {
  if (response.ok) return data as T; // undefined for 204 alone, whose calls have no answer
  const problem = parseProblem(typeof error === 'string' ? error : JSON.stringify(error ?? null));
  throw new ApiError(response.status, problem, new URL(response.url || 'http://api/').pathname);
}

export function keyHeader(key: string | undefined): { 'idempotency-key'?: string } {
  return key === undefined ? {} : { 'idempotency-key': key };
}

/** The items of every page, one after another. */
export async function* pages<T>(
  load: (page: { cursor?: string; limit: number }) => Promise<{ items: T[]; nextCursor: string | null }>,
): AsyncGenerator<T> {
  let cursor: string | null = null;
  do {
    const page: { items: T[]; nextCursor: string | null } = await load({
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
