import { takeStep, type VertexPlan } from './scenario.ts';

/** What a person does about a track that awaits one: a call below `/tracks/{id}/`. */
export interface PersonStep {
  path: 'params' | 'approve' | 'reject' | 'next' | 'retry' | 'skip' | 'succeed' | 'give-up';
  body: Record<string, unknown>;
  /** The next time the same question has the next answer of the plan. */
  isCounted: boolean;
}

/**
 * @param timesAsked how often this question of this vertex was answered before
 * @returns null: nobody says anything
 */
export function findPersonStep(plan: VertexPlan, awaits: string | null, timesAsked: number): PersonStep | null {
  switch (awaits) {
    case 'params':
      return plan.asks === 'given' ? { path: 'params', body: { params: { asked: 'x' } }, isCounted: false } : null;
    case 'approval': {
      const path = takeStep(plan.gateSteps, 0);
      return path === 'approve' || path === 'reject' ? { path, body: {}, isCounted: false } : null;
    }
    case 'choice': {
      const choice = takeStep(plan.choices, timesAsked);
      return choice === 'none' ? null : { path: 'next', body: { next: [...choice] }, isCounted: true };
    }
    case 'decision': {
      const step = takeStep(plan.decisions, timesAsked);
      return step === 'none' ? null : { path: step === 'give_up' ? 'give-up' : step, body: {}, isCounted: true };
    }
    default:
      return null;
  }
}
