import { decideStart, type ParameterValues } from '@baton/domain';
import type { RulesFlow } from './rules-flow.ts';
import { PARAMS, type Scenario } from './scenario.ts';

/** A pipeline that has just been made, as the rules say. */
export function startTracks(flow: RulesFlow, { vertices }: Scenario): void {
  const inputOf = (): ParameterValues => ({ ...PARAMS, level: Number(PARAMS['level']) });
  const { mode, onFailure } = flow.pipeline;
  const started = decideStart(flow.graph, {
    mode,
    onFailure,
    inputs: new Map(vertices.map(({ name }) => [name, inputOf()])),
    held: new Set(vertices.filter(({ asks }) => asks !== null).map(({ name }) => name)),
  });
  flow.pipeline = { ...flow.pipeline, ...started.pipeline };
  for (const { id: vertexId } of vertices) {
    const view = started.tracks.get(vertexId) ?? WAITING;
    flow.tracks.set(vertexId, { view: { ...view, vertexId }, input: inputOf(), outputs: new Map() });
  }
}

const NEVER_RAN = { attempt: 1, startedAttempt: 0, budgetFromAttempt: 1, lostAttempts: 0, elapsedMs: 0, runId: null };
const NOT_DECIDED = { awaits: null, gateDecision: null, isExpired: false, cancelRequested: false };
const NOT_ENDED = { chosen: null, exitCode: null, reason: null, detail: null };
const NO_COUNTS = { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 };
/** As it is before its turn. */
const WAITING = { state: 'WAITING', ...NEVER_RAN, ...NOT_DECIDED, ...NOT_ENDED, counts: NO_COUNTS } as const;
