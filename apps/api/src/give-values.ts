import { BatonError, completeParameters, errorOfProblems, pipelineIdOf, type JsonValue } from '@baton/domain';
import { applyAction, type ActionDeps } from './apply-action.ts';
import { missingValue } from './decide-gate.ts';
import type { RepeatableAction } from './person-action.ts';
import { loadTrack } from './show-track.ts';

/**
 * Gives a held track the parameter values that it lacks; it starts when nothing else keeps it.
 * @throws BatonError track_not_found; state_conflict where it awaits no values (somebody else gave them, or its pipeline
 *   ended); invalid_parameters naming every wrong and every missing one; idempotency_key_reused
 */
export async function giveValues(
  deps: ActionDeps,
  { trackId, params }: { trackId: number; params: Readonly<Record<string, JsonValue>> },
  action: RepeatableAction,
): Promise<void> {
  const { track, pipeline, vertex } = await loadTrack(deps.database, trackId);
  const { values, missing, problems } = completeParameters(vertex, track.input, params);
  const all = [...problems, ...missing.map((name) => missingValue(vertex.name, name))];
  if (all.length > 0 && track.awaits !== 'params') {
    const found = `state ${track.state} of a pipeline in ${pipeline.state}`;
    throw new BatonError('state_conflict', `expected track ${trackId} to await parameters, found it in ${found}`);
  }
  if (all.length > 0) {
    throw errorOfProblems('invalid_parameters', `expected the parameters that ${vertex.name} lacks`, all);
  }
  const event = { kind: 'give_params', vertexId: vertex.id, values } as const;
  await applyAction(deps, { pipelineId: pipelineIdOf(trackId), event }, action);
}
