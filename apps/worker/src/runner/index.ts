export { createRunner } from './runner.ts';
export { ISOLATIONS, type Runner, type RunRequest, type RunResult } from './run-types.ts';
