import { evaluateFlow, startSituation, type FlowResult } from './reference-flow.ts';
import { decideFromStates } from './reference-join.ts';
import { judgeAttempt, seenFrom, type VertexResult } from './reference-vertex.ts';
import { shapeOf, takeStep, type Scenario } from './scenario.ts';

/**
 * Under `stop` and `kill` the first failure ends the pipeline, and how far everything else had come then is nobody's
 * promise. So there is a set of ends that may be, and these are the rules that all of them keep.
 */
export interface FoundTrack {
  state: string;
  reason: string | null;
  attempt: number;
}

/** @returns null where no failure can end the pipeline early: then there is one end only */
export function findUndisturbed(scenario: Scenario): FlowResult | null {
  const story = { scenario, ambiguous: new Set<number>() };
  const undisturbed = evaluateFlow(story, startSituation(scenario), null);
  const endsAtFailure = scenario.onFailure === 'stop' || scenario.onFailure === 'kill';
  return endsAtFailure && [...undisturbed.tracks.values()].some(({ isFailure }) => isFailure) ? undisturbed : null;
}

/**
 * @param undisturbed where the flow would rest if no failure ended it
 * @returns what cannot be, in words
 */
export function findInadmissible(
  scenario: Scenario,
  undisturbed: FlowResult,
  found: ReadonlyMap<number, FoundTrack>,
): string[] {
  const shape = shapeOf(scenario);
  const wrong: string[] = [];
  let hasCause = false;
  /** What had ended while the pipeline lived, as far as anybody can tell. */
  const certain = new Map<number, VertexResult>();
  for (const plan of shape.order) {
    const [track, alone] = [found.get(plan.id), undisturbed.tracks.get(plan.id)];
    if (track === undefined || alone === undefined) throw new Error(`no track of vertex ${plan.id}`);
    const note = (why: string): void => {
      wrong.push(`vertex ${plan.id} is ${track.state} ${track.reason} attempt ${track.attempt}: ${why}`);
    };
    const isCancelled = track.state === 'CANCELLED' && track.reason === 'pipeline_failed';
    if (isSame(track, alone)) {
      hasCause ||= alone.isFailure;
      if (alone.isClosed) certain.set(plan.id, alone);
    } else if (isCancelled) {
      if (track.attempt > alone.attempt) note(`there are ${alone.attempt} attempts at most`);
      continue;
    } else if (!hasEndedLater(scenario, plan.id, { track, alone })) {
      note(`expected ${alone.state} ${alone.reason}, or what the end of the pipeline made of it`);
    }
    const tails = (shape.before.get(plan.id) ?? []).map(({ tail }) => tail);
    const answer = decideFromStates(
      plan.join,
      tails.map((tail) => seenFrom(shape, tail, plan.id, certain.get(tail))),
    );
    if (answer === 'wait') note('those before it had not ended');
  }
  if (!hasCause) wrong.push('nothing failed that could have ended the pipeline');
  return wrong;
}

function isSame(track: FoundTrack, alone: VertexResult): boolean {
  const ended = alone.state !== 'WAITING' && alone.state !== 'PENDING';
  const reason = track.reason === 'not_chosen' ? 'join_not_met' : track.reason;
  return ended && track.state === alone.state && reason === alone.reason && track.attempt === alone.attempt;
}

/** An attempt that was running ends: it is recorded, without another attempt and without a look at its edges' conditions. */
function hasEndedLater(
  scenario: Scenario,
  vertexId: number,
  { track, alone }: { track: FoundTrack; alone: VertexResult },
): boolean {
  const shape = shapeOf(scenario);
  const plan = shape.plans.get(vertexId);
  if (plan === undefined || track.attempt > alone.past.attempts) return false;
  const reason = judgeAttempt(shape, plan, takeStep(plan.attempts, track.attempt - 1));
  return reason === null
    ? track.state === 'SUCCEED' && track.reason === null
    : track.state === 'FAILED' && track.reason === reason;
}
