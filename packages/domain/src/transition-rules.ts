/**
 * The heart of Baton: what the events of a flow do to a pipeline and its tracks.
 *
 * Everything here is a function of values. `decideChanges` works on a copy of the neighbourhood, event by event, and
 * returns the difference; the caller holds the pipeline's row lock from before it loaded the context until the changes
 * are committed, so no two decisions about one pipeline overlap. A late, repeated or foreign completion is no error:
 * it changes nothing and is listed as stale; so is a person's event that comes too late, its verdict says so. The same
 * completions in any order give the same final states as long as no failure ends the pipeline early and no condition
 * looks at what is still under way (transition-rules.property.test.ts).
 *
 * Cost: an event touches its track and its successors. Only what it really moves goes further: skipped and cancelled
 * tracks pass their end on, each once in a life of a track. A rerun, a switch to automatic mode, another end in the place
 * of a closed one and a recount look at all tracks.
 */
import { applyCompletion } from './attempt-rules.ts';
import { newConditionWork } from './condition-values.ts';
import { endPipelineIfDone, expirePipeline } from './ending-rules.ts';
import { expireTrack } from './gate-rules.ts';
import { applyPersonEvent, cancelPipeline } from './person-rules.ts';
import { propagateEnds } from './propagation-rules.ts';
import { recountPipeline } from './recount-rules.ts';
import type { Changes, FlowEvent, NeedsTracks, TransitionContext } from './transition-types.ts';
import { createWorkingSet, type WorkingSet } from './working-set.ts';

/**
 * Decides what events do.
 * @param context the neighbourhood; the rules ask for what they miss in it
 * @param events of this pipeline, in the order in which they are to count
 * @returns the changes, or which further tracks and facts to load before asking again
 */
export function decideChanges(context: TransitionContext, events: readonly FlowEvent[]): Changes | NeedsTracks {
  const work = createWorkingSet(context);
  for (const event of events) {
    work.conditionWork = context.conditionWork ?? newConditionWork();
    applyEvent(work, event);
    propagateEnds(work);
    // After every single event: what comes later in the same batch meets an ended pipeline as it would alone.
    if (endPipelineIfDone(work) && event.kind === 'recount') work.repairs += 1;
  }
  return work.result();
}

function applyEvent(work: WorkingSet, event: FlowEvent): void {
  switch (event.kind) {
    case 'completion':
      return applyCompletion(work, event.completion);
    case 'recount':
      return recountPipeline(work);
    case 'expire':
      return expirePipeline(work);
    case 'expire_track': {
      const track = work.track(event.vertexId);
      return track === null ? undefined : expireTrack(work, track);
    }
    case 'cancel':
      return void work.verdicts.push(cancelPipeline(work));
    default:
      return void work.verdicts.push(applyPersonEvent(work, event));
  }
}
