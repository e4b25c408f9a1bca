export { createRunner } from './runner.ts';
export type { Runner, RunRequest, RunResult } from './run-types.ts';
