import { decideStart, waitingTrack, type ParameterValues } from '@baton/domain';
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
    const view = started.tracks.get(vertexId) ?? waitingTrack(vertexId);
    flow.tracks.set(vertexId, { view, input: inputOf(), outputs: new Map() });
  }
}
