import type { ErrorRequestHandler, Response } from 'express';
import { findRetry, isConnectionLost } from '@baton/database';
import { BatonError, ERROR_CATALOGUE } from '@baton/domain';
import type { Logger } from '@baton/service';
import { z } from 'zod';

const problemSchema = z
  .strictObject({
    code: z.string().describe('stable, for programs; e.g. cycle'),
    message: z.string().describe('what was expected, what was found'),
    pointer: z.string().optional().describe('JSON pointer into the body or document'),
    vertices: z.array(z.string()).optional().describe('names of the vertices concerned'),
    line: z.int().optional(),
    column: z.int().optional(),
  })
  .meta({ id: 'Problem' });

/** A body of one megabyte could ask for an answer of thirty; the detail says how many there are. */
const MAX_LISTED = 1000;

/** RFC 9457. */
export const problemDocumentSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().describe('stable, for programs; docs/errors.md lists them all'),
    requestId: z.string(),
    problems: z
      .array(problemSchema)
      .describe(`everything that is wrong, at once; of more than ${MAX_LISTED} the first`),
  })
  .meta({ id: 'ProblemDocument' });

export { problemSchema };

/** Answers with an error as a problem document. What was not expected is logged whole and told in no detail. */
export function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = toBatonError(error);
    const requestId = requestIdOf(response);
    if (known.status >= 500) {
      logger.error({ event: 'request_failed', requestId, code: known.code, path: request.path, err: error });
    }
    if (response.headersSent) {
      // The answer has begun: the only way left to say that it is not whole is to cut it.
      response.destroy();
      return;
    }
    sendProblem(response, known, request.originalUrl);
  };
}

function sendProblem(response: Response, error: BatonError, url: string): void {
  const { status, title } = ERROR_CATALOGUE[error.code];
  const document: z.input<typeof problemDocumentSchema> = {
    type: `urn:baton:error:${error.code}`,
    title,
    status,
    detail: error.message,
    instance: url.split('?')[0] ?? url,
    code: error.code,
    requestId: requestIdOf(response),
    problems: error.problems.slice(0, MAX_LISTED),
  };
  if (status === 503) response.set('Retry-After', '1');
  response.status(status).type('application/problem+json').send(JSON.stringify(document));
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '');
}

function toBatonError(error: unknown): BatonError {
  if (error instanceof BatonError) return error;
  if (isDatabaseAway(error)) {
    return new BatonError('database_unavailable', 'MySQL does not answer; nothing was changed, try again', {
      cause: error,
    });
  }
  if (error instanceof URIError) {
    return new BatonError('route_not_found', 'expected a path in percent-encoded UTF-8, found another');
  }
  return new BatonError('internal', 'Something unexpected went wrong; the log has it under this requestId', {
    cause: error,
  });
}

/** Lost, overloaded (the pool's queue is full), or still in conflict after every retry. */
function isDatabaseAway(error: unknown): boolean {
  const isFull = error instanceof Error && /Queue limit reached/.test(error.message);
  return isFull || isConnectionLost(error) || findRetry(error) !== null;
}
