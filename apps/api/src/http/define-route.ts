import type { z } from 'zod';
import type { Answer, Call, DocumentBody, JsonBody, RequestShape, Responses, Route, RouteSpec } from './route-types.ts';

/**
 * Declares one call: its schemas validate, type the handler, and make the OpenAPI document.
 * A new call is such a declaration in a file of routes/ and its name in routes/index.ts:
 * `defineRoute({ ...what it takes and answers }).handle(async ({ params, body, deps }) => ...)`.
 */
export function defineRoute<const S extends RequestShape, const R extends Responses>(
  spec: RouteSpec<S, R>,
): { handle(handler: (call: Call<S>) => Promise<Answer<R>>): Route } {
  return {
    // The table forgets the types: mountRoute gives a handler only what its own schemas have parsed.
    handle: (handler) => ({ ...spec, handler: handler as unknown as Route['handler'] }),
  };
}

/** @param options.limitBytes where it is not the setting for ordinary bodies */
export function jsonBody<T extends z.ZodType>(
  schema: T,
  options: Pick<JsonBody, 'limitBytes' | 'isOptional'> = {},
): JsonBody & { schema: T } {
  return { kind: 'json', schema, ...options };
}

/** A JSON value that the handler checks itself, so that it can tell all problems at once. */
export function uncheckedBody<T extends z.ZodType>(schema: T): JsonBody & { schema: T; isCheckedByHandler: true } {
  return { kind: 'json', schema, isCheckedByHandler: true };
}

/** A graph document, JSON or YAML. */
export function documentBody<T extends z.ZodType>(schema: T): DocumentBody & { schema: T } {
  return { kind: 'document', schema };
}
