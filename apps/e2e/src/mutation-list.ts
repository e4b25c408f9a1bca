import { AHEAD_MUTATIONS } from './mutation-list-ahead.ts';
import { FAULT_MUTATIONS } from './mutation-list-faults.ts';
import { HAND_OVER_MUTATIONS } from './mutation-list-hand-over.ts';
import { OPERATION_MUTATIONS } from './mutation-list-operation.ts';
import { SERVER_MUTATIONS } from './mutation-list-servers.ts';
import { START_MUTATIONS } from './mutation-list-starts.ts';
import { TRANSITION_MUTATIONS } from './mutation-list-transitions.ts';
import { WORKER_FAULT_MUTATIONS } from './mutation-list-worker-faults.ts';
import { WORKER_MUTATIONS } from './mutation-list-workers.ts';
import type { Mutation } from './mutation.ts';

/** Every safeguard, each list in the file that is named after it. */
export const MUTATIONS: readonly Mutation[] = [
  ...TRANSITION_MUTATIONS,
  ...WORKER_MUTATIONS,
  ...OPERATION_MUTATIONS,
  ...FAULT_MUTATIONS,
  ...SERVER_MUTATIONS,
  ...WORKER_FAULT_MUTATIONS,
  ...AHEAD_MUTATIONS,
  ...HAND_OVER_MUTATIONS,
  ...START_MUTATIONS,
];
