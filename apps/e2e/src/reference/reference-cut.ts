import { evaluateFlow, worldOf, type FlowResult, type PastOf, type Situation, type Story } from './reference-flow.ts';
import { judgeAttempt, readChoice, NO_PAST, type Past, type VertexResult } from './reference-vertex.ts';
import { shapeOf, takeStep, type VertexPlan } from './scenario.ts';

/**
 * The end of a pipeline that ends before its tracks do: by the first failure under `stop` and `kill`, by a person, by its
 * deadline. The result depends on what had happened until then, so the reference is told that, and nothing else.
 */
export interface CutTrace {
  kind: 'failure' | 'cancel' | 'expire';
  /** What had happened before. */
  before: PastOf;
  /** What happened then, in this order; one of them is the failure. Empty unless `failure`. */
  steps: readonly CutStep[];
  /** Had a running attempt before these steps. */
  running: ReadonlySet<number>;
}

export interface CutStep {
  vertexId: number;
  kind: 'attempt' | 'gate' | 'choice' | 'params';
}

/**
 * @param begin what had happened when this chapter began
 * @param trace null: nobody saw the pipeline end early
 * @returns null: nothing ended the pipeline early
 */
export function findCut(story: Story, situation: Situation, trace: CutTrace | null): FlowResult | null {
  const { onFailure } = story.scenario;
  const endsAtFailure = onFailure === 'stop' || onFailure === 'kill';
  const atOnce = evaluateFlow(story, situation, situation.past);
  const nobody = { running: new Set<number>(), kind: 'failure' } as const;
  if (endsAtFailure && hasNewFailure(situation, atOnce))
    return endFlow(story, situation, { ...nobody, result: atOnce });
  if (trace === null) return null;
  let until = trace.before;
  let result = evaluateFlow(story, situation, until);
  if (endsAtFailure && hasNewFailure(situation, result)) throw new Error('the pipeline should have ended earlier');
  if (trace.kind !== 'failure') return endFlow(story, situation, { ...trace, result });
  const running = new Set(trace.running);
  for (const { vertexId, kind } of trace.steps) {
    until = new Map(until).set(vertexId, addStep(until.get(vertexId) ?? NO_PAST, kind));
    result = evaluateFlow(story, situation, until);
    if (kind === 'attempt') running.delete(vertexId);
    if (hasNewFailure(situation, result)) return endFlow(story, situation, { kind: trace.kind, running, result });
  }
  return null;
}

export function addStep(past: Past, kind: CutStep['kind']): Past {
  switch (kind) {
    case 'attempt':
      return { ...past, attempts: past.attempts + 1 };
    case 'gate':
      return { ...past, gates: past.gates + 1 };
    case 'choice':
      return { ...past, choices: past.choices + 1 };
    case 'params':
      return { ...past, hasParams: true };
  }
}

/** A failure of before, that a rerun left alone, does not end the pipeline again. */
function hasNewFailure({ kept }: Situation, { tracks }: FlowResult): boolean {
  return [...tracks].some(([id, { isFailure }]) => isFailure && !kept.has(id));
}

interface CutMoment {
  kind: CutTrace['kind'];
  running: ReadonlySet<number>;
  result: FlowResult;
}

function endFlow(story: Story, situation: Situation, { kind, running, result }: CutMoment): FlowResult {
  const isKilled = kind !== 'failure' || story.scenario.onFailure === 'kill';
  const reason = kind === 'cancel' ? 'pipeline_cancelled' : 'pipeline_failed';
  const world = worldOf(story, situation, new Map(result.tracks));
  const tracks = new Map<number, VertexResult>();
  for (const [id, track] of result.tracks) {
    const plan = world.shape.plans.get(id);
    if (plan === undefined) throw new Error(`no vertex ${id}`);
    if (track.state !== 'WAITING' && track.state !== 'PENDING') {
      tracks.set(id, track.isClosed ? track : owe(track));
    } else if (running.has(id) && !isKilled) {
      tracks.set(id, owe(recordEnd(story, plan, track)));
    } else {
      const past = running.has(id) ? addStep(track.past, 'attempt') : track.past;
      tracks.set(id, { ...track, past, state: 'CANCELLED', reason, awaits: null, isClosed: true });
    }
  }
  return { state: kind === 'cancel' ? 'CANCELLED' : 'FAILED', tracks };
}

/** It asks nobody any more; should the pipeline be rerun, it has yet to say where it leads. */
function owe(track: VertexResult): VertexResult {
  return { ...track, awaits: null, isClosed: true, owes: 'when waited for' };
}

/** It was running when its pipeline ended: its end is recorded, and starts nothing, not even another attempt. */
function recordEnd(story: Story, plan: VertexPlan, track: VertexResult): VertexResult {
  const attempt = takeStep(plan.attempts, track.attempt - 1);
  const shape = shapeOf(story.scenario);
  const reason = judgeAttempt(shape, plan, attempt);
  const next = reason === null ? readChoice(shape, plan, attempt.next) : null;
  const past = addStep(track.past, 'attempt');
  const ended: VertexResult = {
    ...track,
    past,
    reason,
    outputs: attempt.outputs,
    state: reason === null ? 'SUCCEED' : 'FAILED',
  };
  return { ...ended, chosen: next === 'bad' ? null : next, isFailure: reason !== null && !plan.allowFailure };
}
