import type { Step } from './explore.ts';
import { faultSteps } from './flow-faults.ts';
import type { Add } from './flow-moves.ts';
import { personSteps } from './flow-persons.ts';
import { codeOfOrchestrator, codeOfWorker, copyState, type State } from './flow-state.ts';
import type { Rules } from './flow-tables.ts';
import { addProcessSteps } from './process-steps.ts';
import { addLateReleases } from './release-steps.ts';
import { addLeaseSteps, addWorkerSteps, forgetApplied } from './worker-steps.ts';

/** Everything that can happen next. */
export function stepsFrom(state: State, rules: Rules): Step<State>[] {
  const steps: Step<State>[] = [];
  const add = makeAdder(state, steps);
  const codes = {
    workers: state.workers.map(codeOfWorker),
    orchestrators: state.orchestrators.map(codeOfOrchestrator),
  };
  state.workers.forEach((worker, index) => {
    if (isFirst(codes.workers, index)) addWorkerSteps(worker, { state, rules, index, add });
  });
  state.orchestrators.forEach((orchestrator, index) => {
    if (isFirst(codes.orchestrators, index)) addProcessSteps(orchestrator, { state, rules, index, add });
  });
  addLeaseSteps(state, rules, add);
  addLateReleases(state, rules, add);
  steps.push(...personSteps(state, rules), ...faultSteps(state, rules));
  for (const { to } of steps) forgetApplied(to);
  return steps;
}

function makeAdder(state: State, steps: Step<State>[]): Add {
  return (describe, change) => {
    const to = copyState(state);
    steps.push({ describe, isOptional: false, broken: change(to) ?? null, to });
  };
}

/** Of processes in the same state it does not matter which one moves: the others' steps lead to the same, renamed. */
function isFirst(codes: readonly string[], index: number): boolean {
  return codes.indexOf(codes[index] ?? '') === index;
}
