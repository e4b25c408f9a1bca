/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import { isDeepStrictEqual } from 'node:util';
import { act, copyFlow, idOf, type Flow } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';
import type { PersonEvent, RerunScope } from './transition-types.ts';

/**
 * For tests: a person acts, and whatever comes of it the counters are true afterwards; where nothing is done, nothing changes.
 * @returns `done`, `unchanged`, or what a refused person is told
 */
export function say(flow: Flow, event: PersonEvent): string {
  const before = copyFlow(flow);
  const verdict = act(flow, event);
  checkInvariants(flow);
  if (verdict.kind !== 'done' && !isDeepStrictEqual(flow, before)) {
    throw new Error(`${event.kind} is ${verdict.kind} and changes something`);
  }
  return verdict.kind === 'refused' ? verdict.message : verdict.kind;
}

type TrackKind = 'cancel_track' | 'skip' | 'succeed' | 'give_up' | 'reject';

export function tell(flow: Flow, name: string, kind: TrackKind): string {
  return say(flow, { kind, vertexId: idOf(flow, name) });
}

export function choose(flow: Flow, name: string, names: string[]): string {
  return say(flow, { kind: 'choose', vertexId: idOf(flow, name), names });
}

export function rerun(flow: Flow, from: RerunScope): string {
  return say(flow, { kind: 'rerun', from });
}

export function rerunOf(flow: Flow, names: string[], descendants = false): string {
  return rerun(flow, { vertexIds: names.map((name) => idOf(flow, name)), descendants });
}
