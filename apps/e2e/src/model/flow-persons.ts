import type { Step } from './explore.ts';
import { copyState, type State } from './flow-state.ts';
import { cancel, type Rules } from './flow-tables.ts';

/** What a person may do, once each: nothing may depend on it. Only a resume is bound to come. */
export function personSteps(state: State, rules: Rules): Step<State>[] {
  const steps: Step<State>[] = [];
  const add = (what: string, isOptional: boolean, change: (next: State) => void): void => {
    const to = copyState(state);
    change(to);
    steps.push({ describe: () => `a person ${what}`, isOptional, broken: null, to });
  };
  const { pipeline } = state;
  if (state.mayCancel && (pipeline === 'RUNNING' || pipeline === 'PAUSED')) {
    add('cancels', true, (next) => {
      next.mayCancel = false;
      cancel(next, rules);
    });
  }
  if (state.mayPause && pipeline === 'RUNNING') {
    add('pauses', true, (next) => void Object.assign(next, { pipeline: 'PAUSED', mayPause: false }));
  }
  if (pipeline === 'PAUSED') add('resumes', false, (next) => void Object.assign(next, { pipeline: 'RUNNING' }));
  return steps;
}
