import { ERROR_CATALOGUE, type ErrorCode } from '@baton/domain';
import { z } from 'zod';
import { problemDocumentSchema } from './problem.ts';
import type { ResponseShape, Route } from './route-types.ts';

/*
 * The OpenAPI 3.1 document, from the same schemas that validate. 3.1 speaks JSON Schema 2020-12 itself, so zod's own
 * conversion is all that is needed: every schema is a property of one big schema, converted in one go, so that those with
 * an id come out once, as components.
 */

type JsonSchema = Record<string, unknown>;
interface Converted {
  schemas: Map<z.ZodType, JsonSchema>;
  components: Record<string, JsonSchema>;
}

const VERSION = '1';
const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROBLEM_TYPE = 'application/problem+json';

/** Errors that a call may answer with whatever it does. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'foreign_origin',
  'unknown_host',
  'internal',
  'database_unavailable',
  'deadline_exceeded',
];

/** @returns the document, JSON-ready; the same table gives the same document */
export function createOpenApiDocument(routes: readonly Route[]): JsonSchema {
  const converted = convertSchemas(routes);
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = describeOperation(route, converted);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Baton',
      version: VERSION,
      description:
        'Runs graphs of scripts on a fleet of workers. Errors are problem documents (RFC 9457) with a stable code.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: converted.components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token with the scope that the call names.' },
      },
    },
  };
}

/** `get /api/v1/graphs/{graph}` as a name for programs: `getApiV1GraphsByGraph` would be long, so: the path without its prefix. */
function operationIdOf({ method, path }: Route): string {
  const steps = path
    .replace(/^\/api\/v1/, '')
    .split(/[/._-]/)
    .filter((step) => step !== '');
  const words = steps.map((step) =>
    step.replace(/^\{(.*)\}$/, 'by-$1').replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase()),
  );
  return method + (words.join('') || 'Root');
}

function describeOperation(route: Route, converted: Converted): JsonSchema {
  const { request, scope, summary, tag } = route;
  const parameters = [
    ...describeParameters('path', request.params, converted),
    ...describeParameters('query', request.query, converted),
    ...describeParameters('header', request.headers, converted),
  ];
  return {
    operationId: operationIdOf(route),
    summary,
    tags: [tag],
    description: scope === null ? 'Needs no token.' : `Needs a token with the scope ${scope}.`,
    ...(scope === null ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...describeBody(route, converted),
    responses: describeResponses(route, converted),
  };
}

function describeParameters(place: string, shape: z.ZodObject | undefined, converted: Converted): JsonSchema[] {
  if (shape === undefined) return [];
  const object = schemaOf(shape, converted);
  const properties = (object['properties'] ?? {}) as Record<string, JsonSchema>;
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path' || !mayBeLeftOut(shape, name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function mayBeLeftOut(shape: z.ZodObject, name: string): boolean {
  return z.safeParse(shape.shape[name] ?? z.unknown(), undefined).success;
}

function describeBody({ request: { body } }: Route, converted: Converted): JsonSchema {
  if (body === undefined) return {};
  const schema = schemaOf(body.schema, converted);
  const content = { [JSON_TYPE]: { schema }, ...(body.kind === 'document' ? { [YAML_TYPE]: { schema } } : {}) };
  const isRequired = body.kind === 'document' || body.isOptional !== true;
  return { requestBody: { required: isRequired, content } };
}

function describeResponses(route: Route, converted: Converted): JsonSchema {
  const described: [string, JsonSchema][] = Object.entries(route.responses).map(([status, response]) => [
    status,
    describeResponse(response, converted),
  ]);
  for (const [status, codes] of groupByStatus(errorsOf(route))) {
    // A status that the route declares itself says more.
    if (described.some(([known]) => known === status)) continue;
    const description = codes.map((code) => `\`${code}\`: ${ERROR_CATALOGUE[code].title}`).join('; ');
    described.push([
      status,
      { description, content: { [PROBLEM_TYPE]: { schema: schemaOf(problemDocumentSchema, converted) } } },
    ]);
  }
  return Object.fromEntries(described.toSorted(([a], [b]) => a.localeCompare(b)));
}

function describeResponse(
  { description, schema, contentTypes, headers }: ResponseShape,
  converted: Converted,
): JsonSchema {
  const types = contentTypes ?? (schema === undefined ? [] : [JSON_TYPE]);
  const content = types.map((type) => [
    type,
    { schema: type === JSON_TYPE && schema !== undefined ? schemaOf(schema, converted) : { type: 'string' } },
  ]);
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]),
          ),
        }),
    ...(content.length === 0 ? {} : { content: Object.fromEntries(content) }),
  };
}

/** Every error that the route may answer with. */
function errorsOf({ scope, request, errors = [] }: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>([...errors, ...COMMON_ERRORS, 'invalid_request']);
  if (scope !== null) codes.add('unauthenticated').add('forbidden');
  if (request.body !== undefined) codes.add('malformed_json').add('body_too_large').add('unsupported_media_type');
  if (request.body?.kind === 'document') codes.add('malformed_yaml');
  return [...codes].toSorted();
}

function groupByStatus(codes: readonly ErrorCode[]): Map<string, ErrorCode[]> {
  const groups = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const status = String(ERROR_CATALOGUE[code].status);
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

function convertSchemas(routes: readonly Route[]): Converted {
  const schemas = [...new Set<z.ZodType>([problemDocumentSchema, ...routes.flatMap(schemasOf)])];
  const all = z.object(Object.fromEntries(schemas.map((schema, index) => [`s${index}`, schema])));
  const document = z.toJSONSchema(all, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const tidy = tidyDocument(document);
  const properties = tidy['properties'] as Record<string, JsonSchema>;
  const entries = schemas.map((schema, index) => [schema, properties[`s${index}`] ?? {}] as const);
  const components = Object.entries((tidy['$defs'] ?? {}) as Record<string, JsonSchema>);
  return {
    schemas: new Map(entries),
    components: Object.fromEntries(
      components.toSorted(([a], [b]) => a.localeCompare(b)).map(([name, { id: _id, ...rest }]) => [name, rest]),
    ),
  };
}

function schemasOf({ request, responses }: Route): z.ZodType[] {
  const { params, query, headers, body } = request;
  const answers = Object.values(responses).map(({ schema }) => schema);
  return [params, query, headers, body?.schema, ...answers].filter((schema) => schema !== undefined);
}

function schemaOf(schema: z.ZodType, { schemas }: Converted): JsonSchema {
  return schemas.get(schema) ?? {};
}

/**
 * Components are elsewhere in an OpenAPI document. Every `z.json()` becomes the one component JsonValue, said as what it
 * means, any JSON: spelled out it would refer to itself, which generators of types take badly.
 */
function tidyDocument(document: JsonSchema): JsonSchema {
  const text = JSON.stringify(document, withoutTimePattern)
    .replaceAll('#/$defs/', '#/components/schemas/')
    .replaceAll(/#\/components\/schemas\/__schema\d+/g, '#/components/schemas/JsonValue');
  const tidy = JSON.parse(text) as JsonSchema;
  const definitions = Object.entries((tidy['$defs'] ?? {}) as Record<string, JsonSchema>);
  const named = definitions.filter(([name]) => !name.startsWith('__schema'));
  return { ...tidy, $defs: { ...Object.fromEntries(named), JsonValue: { description: 'Any JSON value.' } } };
}

/** `format: date-time` says it all; the pattern beside it is a page long. */
function withoutTimePattern(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 'date-time') return value;
  const { pattern: _pattern, ...rest } = value as JsonSchema;
  return rest;
}
