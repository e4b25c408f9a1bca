import { BatonError, isTrackEnded, trackIdOf, type Verdict } from '@baton/domain';
import type { DecidedPipeline } from './apply-changes.ts';
import { applyDecided, concernsGraphOf, noEffects, type AppliedEvents } from './apply-flow-events.ts';
import type { Database } from './data-source.ts';
import { decidePipelines } from './decide-pipelines.ts';
import { vertexIdOfEvent, type LockedPipeline } from './load-transition-context.ts';
import {
  describeEvent,
  findDoneAction,
  findRemainingEffects,
  lockPipeline,
  refuseEndedChild,
  withActionId,
  type AskedEvent,
  type PersonAction,
} from './person-actions.ts';
import type { Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

export type AppliedAction = AppliedEvents & { verdict: Verdict };

/**
 * Does what a person asks for, once: one transaction, which also writes it to the pipeline's history, with who did it and
 * why. The same action again (its COMMIT's reply was lost, or the person sent it twice) finds its event, answers `done`, and
 * says what is still to be done after the commit. A refused action writes nothing.
 * @param asked `values` of parameters in the event are complete and checked
 * @returns the rules' verdict, and what is to be done after the commit
 * @throws BatonError pipeline_not_found, track_not_found, idempotency_key_reused where the action's id was used for
 *   something else in this pipeline
 */
export function applyPersonAction(
  database: Database,
  { pipelineId, event }: { pipelineId: number; event: AskedEvent },
  action: PersonAction,
): Promise<AppliedAction> {
  const known = withActionId(action);
  let tried: AppliedAction | null = null;
  return withTransaction(database, async (runner) => {
    const locked = await lockPipeline(runner, database, pipelineId);
    refuseForeignTrack(locked, event);
    const done = await findDoneAction(runner, pipelineId, { actionId: known.actionId, event });
    if (done !== null)
      return tried ?? { ...(await findRemainingEffects(runner, locked, done)), verdict: { kind: 'done' } };
    tried = await decideAndApply(runner, locked, { event, action: known });
    return tried;
  });
}

async function decideAndApply(
  runner: Runner,
  locked: LockedPipeline,
  { event, action }: { event: AskedEvent; action: PersonAction & { actionId: string } },
): Promise<AppliedAction> {
  const cause = { kind: event.kind, ...action, action: describeEvent(event) };
  const [decided] = await decidePipelines(runner, [{ locked, events: [event], cause }]);
  const [verdict] = decided === undefined ? [] : verdictsOf(decided);
  if (decided === undefined || verdict === undefined) throw new Error(`the rules say nothing about ${event.kind}`);
  if (verdict.kind === 'refused') return { ...noEffects(), verdicts: [verdict], verdict };
  return { ...(await applyDecided(runner, [decided])), verdict };
}

/** Whoever changes a track that has ended changes what its pipeline came to. */
function verdictsOf({ locked, changes }: DecidedPipeline): readonly Verdict[] {
  const isReplaced = changes.tracks.some(({ before }) => isTrackEnded(before.state));
  const refused = isReplaced ? refuseEndedChild(locked) : null;
  return refused === null ? changes.verdicts : [refused];
}

function refuseForeignTrack(locked: LockedPipeline, event: AskedEvent): void {
  if (concernsGraphOf(locked, event)) return;
  const trackId = trackIdOf(locked.pipeline.id, vertexIdOfEvent(event) ?? 0);
  throw new BatonError('track_not_found', `expected the id of a track, found ${trackId}`);
}
