import { evaluateFlow, type FlowResult, type PastOf, type Situation, type Story } from './reference-flow.ts';
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

/** What the reference is told of how a part of a story went. */
export interface Trace {
  /** What ended the pipeline early; null: nothing did. */
  cut: CutTrace | null;
  /**
   * Tracks that the end of the pipeline cancelled. Looked at only where several things happen at one instant and one of them
   * is the failure that ends the pipeline: which of them came first is nobody's promise.
   */
  cancelled: ReadonlySet<number>;
}

export interface CutStep {
  vertexId: number;
  kind: 'attempt' | 'gate' | 'choice' | 'params';
}

/** @returns null: nothing ended the pipeline early */
export function findCut(story: Story, situation: Situation, { cut, cancelled }: Trace): FlowResult | null {
  const { onFailure } = story.scenario;
  const endsAtFailure = onFailure === 'stop' || onFailure === 'kill';
  const atOnce = evaluateFlow(story, situation, situation.past);
  if (endsAtFailure && hasNewFailure(situation, atOnce)) {
    const moment = { kind: 'failure', running: new Set<number>(), result: atOnce } as const;
    return endFlow(story, { ...moment, spared: pickSimultaneous(situation.kept, atOnce, cancelled) });
  }
  if (cut === null || (cut.kind === 'failure' && !endsAtFailure)) return null;
  let until = cut.before;
  let result = evaluateFlow(story, situation, until);
  // A story whose conditions depend on time is told again without them.
  const isCertain = story.ambiguous.size === 0;
  if (endsAtFailure && isCertain && hasNewFailure(situation, result))
    throw new Error('the pipeline should have ended earlier');
  if (cut.kind !== 'failure') return endFlow(story, { ...cut, result, spared: new Set() });
  const running = new Set(cut.running);
  for (const { vertexId, kind } of cut.steps) {
    const { tracks } = result;
    until = new Map(until).set(vertexId, addStep(until.get(vertexId) ?? NO_PAST, kind));
    result = evaluateFlow(story, situation, until);
    if (kind === 'attempt') running.delete(vertexId);
    if (!hasNewFailure(situation, result)) continue;
    const simultaneous = pickSimultaneous(tracks, result, cancelled);
    simultaneous.delete(vertexId);
    return endFlow(story, { kind: cut.kind, running, result, spared: simultaneous });
  }
  return null;
}

/** Those that ended at this instant by themselves, and of which the end of the pipeline may have come first. */
function pickSimultaneous(
  before: ReadonlyMap<number, VertexResult>,
  { tracks }: FlowResult,
  cancelled: ReadonlySet<number>,
): Set<number> {
  const hasEnded = (track: VertexResult | undefined): boolean =>
    track !== undefined && track.state !== 'WAITING' && track.state !== 'PENDING';
  const ended = [...tracks].filter(([id, track]) => hasEnded(track) && !hasEnded(before.get(id)));
  return new Set(ended.map(([id]) => id).filter((id) => cancelled.has(id)));
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
  /** Did not come to end by themselves. */
  spared: ReadonlySet<number>;
}

function endFlow(story: Story, { kind, running, result, spared }: CutMoment): FlowResult {
  const isKilled = kind !== 'failure' || story.scenario.onFailure === 'kill';
  const reason = kind === 'cancel' ? 'pipeline_cancelled' : 'pipeline_failed';
  const { plans } = shapeOf(story.scenario);
  const tracks = new Map<number, VertexResult>();
  for (const [id, track] of result.tracks) {
    const plan = plans.get(id);
    if (plan === undefined) throw new Error(`no vertex ${id}`);
    if (track.state !== 'WAITING' && track.state !== 'PENDING' && !spared.has(id)) {
      tracks.set(id, track.isClosed ? track : owe(track));
    } else if (running.has(id) && !isKilled) {
      tracks.set(id, owe(recordEnd(story, plan, track)));
    } else {
      const past = running.has(id) ? addStep(track.past, 'attempt') : track.past;
      tracks.set(id, { ...track, past, state: 'CANCELLED', reason, awaits: null, isClosed: true, isFailure: false });
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
