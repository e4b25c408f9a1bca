import type { Request } from 'express';
import { BatonError, countProblems, describeIssues, type Problem } from '@baton/domain';
import type { z } from 'zod';
import type { AppSettings } from '../app-deps.ts';
import { readBody, type ReadBody } from './read-body.ts';
import type { Call, RequestShape, Route } from './route-types.ts';

type ParsedParts = Pick<Call, 'params' | 'query' | 'headers'> & { body: unknown };

/**
 * Reads and checks everything that a route takes.
 * @throws BatonError invalid_request with every problem of path, query, headers and body at once; those of readBody
 */
export async function parseRequest(request: Request, route: Route, settings: AppSettings): Promise<ParsedParts> {
  const { params, query, headers, body } = route.request;
  const read = body === undefined ? null : await readBody(request, body, settings);
  const problems: Problem[] = [];
  const parts = {
    params: parsePart('path parameter', params, { value: { ...request.params }, problems }),
    query: parsePart('query parameter', query, { value: { ...request.query }, problems }),
    headers: parsePart('header', headers, { value: pickHeaders(request, headers), problems }),
    body: parseBody(body, read, problems),
  };
  if (query === undefined) refuseQuery(request, problems);
  if (problems.length > 0) {
    throw new BatonError(
      'invalid_request',
      `expected a valid request, found ${countProblems(problems)}: ${firstOf(problems)}`,
      {
        problems,
      },
    );
  }
  return parts;
}

function firstOf(problems: readonly Problem[]): string {
  const [first] = problems;
  return first === undefined ? '' : [first.pointer, first.message].filter((part) => part !== undefined).join(' ');
}

/** Parts that are not the body have no JSON pointer: their problems name them in words. */
function parsePart(
  kind: string,
  schema: z.ZodObject | undefined,
  part: { value: Record<string, unknown>; problems: Problem[] },
): Record<string, unknown> {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(part.value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => {
    // A list of one that is written without repeating its name: its place is the name, and what was found stands there.
    const [name] = issue.path;
    const isSingle = name !== undefined && issue.path.length > 1 && typeof Reflect.get(part.value, name) === 'string';
    return isSingle ? { ...issue, path: [name] } : issue;
  });
  for (const { code, message, pointer = '' } of describeIssues(issues, { value: part.value, pointer: '' })) {
    part.problems.push({ code, message: `${kind} ${pointer.slice(1)}: ${message}` });
  }
  return {};
}

function refuseQuery(request: Request, problems: Problem[]): void {
  for (const name of Object.keys(request.query)) {
    problems.push({ code: 'unknown_field', message: `query parameter ${name}: expected none, found it` });
  }
}

function pickHeaders(request: Request, schema: RequestShape['headers']): Record<string, unknown> {
  const names = Object.keys(schema?.shape ?? {});
  return Object.fromEntries(names.map((name) => [name, request.get(name)]));
}

function parseBody(shape: RequestShape['body'], read: ReadBody | null, problems: Problem[]): unknown {
  if (shape === undefined) return undefined;
  if (shape.kind === 'document' && read !== null) return read;
  if (read === null && (shape.kind === 'document' || shape.isOptional !== true)) {
    problems.push({ code: 'missing_field', message: 'expected a body, found nothing', pointer: '' });
    return undefined;
  }
  const value = read?.value ?? {};
  if (shape.kind === 'json' && shape.isCheckedByHandler === true) return value;
  const parsed = shape.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  problems.push(...describeIssues(parsed.error.issues, { value, pointer: '' }));
  return undefined;
}
