import type { Request, Response, Router } from 'express';
import type { DocumentSource, ErrorCode } from '@baton/domain';
import type { TokenScope } from '@baton/database';
import type { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { Identity } from '../auth/scopes.ts';

/** A body that is one JSON value, parsed by the schema before the handler sees it. */
export interface JsonBody {
  kind: 'json';
  schema: z.ZodType;
  /** Bytes at most; absent: the setting for ordinary bodies. */
  limitBytes?: number;
  /** The body may be left out: the handler gets what the schema makes of `{}`. */
  isOptional?: boolean;
  /** The schema is for the OpenAPI document only: the handler checks the value, together with what only it can find out. */
  isCheckedByHandler?: boolean;
}

/** A graph document as JSON or YAML: the handler gets its value and its text, for problems with a place. */
export interface DocumentBody {
  kind: 'document';
  /** For the OpenAPI document only: packages/domain reads documents. */
  schema: z.ZodType;
}

export type BodyShape = JsonBody | DocumentBody;

export interface RequestShape {
  /** Of the path; every `{name}` of it. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Names in lower case; only these reach the handler. */
  headers?: z.ZodObject;
  body?: BodyShape;
}

export interface ResponseShape {
  description: string;
  /** Of a JSON body; in tests every answer is held against it. */
  schema?: z.ZodType;
  /** Absent: application/json where there is a schema. */
  contentTypes?: readonly string[];
  /** Names and what they say. */
  headers?: Record<string, string>;
}

export type Responses = Record<number, ResponseShape>;

type OutputOf<S> = S extends z.ZodType ? z.output<S> : Record<never, never>;
type BodyOf<B> = B extends JsonBody & { isCheckedByHandler: true }
  ? unknown
  : B extends JsonBody
    ? z.output<B['schema']>
    : B extends DocumentBody
      ? { value: unknown; source: DocumentSource }
      : undefined;

/** What a handler is given: everything in it has been checked. */
export interface Call<S extends RequestShape = RequestShape> {
  params: OutputOf<S['params']>;
  query: OutputOf<S['query']>;
  headers: OutputOf<S['headers']>;
  body: BodyOf<S['body']>;
  identity: Identity;
  requestId: string;
  /** Aborted when the client has gone or the deadline has passed. */
  signal: AbortSignal;
  deps: AppDeps;
  /** For what the fields above do not say. */
  request: Request;
}

interface AnswerFrame {
  headers?: Record<string, string>;
}
type AnswerWith<R extends ResponseShape> = R['schema'] extends z.ZodType
  ? { body: z.input<R['schema']> } | { text: string; type: string }
  : { text: string | Buffer; type: string } | { write(response: Response): Promise<void> } | { isEmpty: true };

/** One of the responses that the route declares. */
export type Answer<R extends Responses> = {
  [Status in keyof R & number]: { status: Status } & AnswerFrame & AnswerWith<R[Status]>;
}[keyof R & number];

/** An answer as the mounting code handles it, whatever the route. */
export interface AnyAnswer extends AnswerFrame {
  status: number;
  body?: unknown;
  text?: string | Buffer;
  type?: string;
  isEmpty?: true;
  write?(response: Response): Promise<void>;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface RouteSpec<S extends RequestShape, R extends Responses> {
  method: Method;
  /** As OpenAPI writes it: `/api/v1/graphs/{graph}`. */
  path: `/${string}`;
  /** What the token must allow; null: anybody. */
  scope: TokenScope | null;
  /** One line for the document; `tag` groups the calls. */
  summary: string;
  tag: string;
  request: S;
  responses: R;
  /** Besides those that any call may answer with. */
  errors?: readonly ErrorCode[];
  /** Times the deadline of ordinary requests. */
  deadlineFactor?: number;
  /** Without a deadline. */
  isStream?: boolean;
}

/** A route with its types forgotten: what the table holds. */
export interface Route extends RouteSpec<RequestShape, Responses> {
  handler(call: Call): Promise<AnyAnswer>;
}

/** Something that brings its own router, such as the dashboard: guarded like a route, not in the OpenAPI document. */
export interface Mount {
  path: `/${string}`;
  scope: TokenScope | null;
  /** A browser may log in with HTTP Basic, the token as the password. */
  acceptsBasic: boolean;
  createRouter(deps: AppDeps): Router;
}
