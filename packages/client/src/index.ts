export { createClient, type Client, type ClientOptions, type DocumentInput } from './client.ts';
export { ApiError, UnreachableError, type ProblemDocument } from './errors.ts';
export type { ActionOptions } from './person-calls.ts';
export type * from './types.ts';
