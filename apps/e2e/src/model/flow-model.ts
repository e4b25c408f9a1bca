import type { Model } from './explore.ts';
import { isEnded, isLive, keyOf, startState, trackOf, type Scenario, type State } from './flow-state.ts';
import { stepsFrom } from './flow-steps.ts';
import type { Safeguards } from './safeguards.ts';

/**
 * The model of one scenario, with the safeguards that are given.
 * @param only the invariant to look at, where another one would break before it; null: all
 */
export function makeFlowModel(scenario: Scenario, safeguards: Safeguards, only: string | null = null): Model<State> {
  const rules = { scenario, safeguards };
  const filter = (broken: string | null): string | null => (only === null || broken === only ? broken : null);
  return {
    start: startState(scenario),
    keyOf,
    stepsFrom(state) {
      const steps = stepsFrom(state, rules);
      for (const step of steps) step.broken = filter(step.broken);
      return steps;
    },
    findBroken: (state) => filter(findBroken(state)),
    isEnd: (state) =>
      !isLive(state) && state.tracks.every(isEnded) && state.workers.every(({ at }) => at !== 'running'),
  };
}

function findBroken(state: State): string | null {
  for (const { at, run } of state.workers) {
    if (at === 'running' && run !== null && trackOf(state, run.track).state === 'CANCELLED')
      return 'cancelled means gone';
  }
  if (!isLive(state)) return null;
  const isStranded = state.tracks.some(({ state: now, left }) => now === 'WAITING' && left <= 0);
  const isAlive = state.tracks.some(({ state: now }) => now === 'PENDING' || now === 'RUNNING');
  return isStranded || !isAlive ? 'nothing needs mending' : null;
}
