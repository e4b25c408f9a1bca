export { createRunner } from './runner.ts';
export { describeSurvivors } from './describe-survivors.ts';
export { ISOLATIONS, type Runner, type RunRequest, type RunResult } from './run-types.ts';
