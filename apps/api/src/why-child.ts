import type { Blocker } from './why-blockers.ts';
import type { WhySubject } from './why-pending.ts';
import { explainPipeline } from './why-pipeline.ts';
import type { WhyScene } from './why-scene.ts';
import { moment, toIso } from './why-words.ts';

/** A track whose run is a pipeline: it ends when that one does. */
export async function explainChild(
  scene: WhyScene,
  { track }: WhySubject,
  childPipelineId: number,
): Promise<Blocker[]> {
  const { pipeline, state, sentence, groups } = await explainPipeline(scene, childPipelineId);
  const reasons = groups.map((group) => group.sentence);
  const end =
    track.cancelRequestedAt === null ? '' : `; it is to end, as somebody asked at ${moment(track.cancelRequestedAt)}`;
  const facts = { pipelineId: childPipelineId, pipeline, pipelineState: state, reasons };
  return [{ kind: 'child', sentence: `runs ${sentence}${end}`, ...facts, since: toIso(track.startedAt) }];
}
