export { createRunner } from './runner.ts';
export { ISOLATIONS } from './run-types.ts';
export type {
  Isolation,
  RunHandle,
  RunLimits,
  Runner,
  RunnerEvent,
  RunnerOptions,
  RunRequest,
  RunResult,
} from './run-types.ts';
