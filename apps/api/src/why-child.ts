import type { Blocker } from './why-blockers.ts';
import type { WhySubject } from './why-pending.ts';
import { explainPipeline } from './why-pipeline.ts';
import type { WhySources } from './why-sources.ts';
import { moment, toIso } from './words.ts';

/** A track whose run is a pipeline: it ends when that one does. */
export async function explainChild(
  sources: WhySources,
  { track }: WhySubject,
  childPipelineId: number,
): Promise<Blocker[]> {
  const { pipeline, state, sentence, groups } = await explainPipeline(sources, childPipelineId);
  const reasons = groups.map((group) => group.sentence);
  const end =
    track.cancelRequestedAt === null ? '' : `; it is to end, as somebody asked at ${moment(track.cancelRequestedAt)}`;
  const facts = { pipelineId: childPipelineId, pipeline, pipelineState: state, reasons };
  return [{ kind: 'child', sentence: `runs ${sentence}${end}`, ...facts, since: toIso(track.startedAt) }];
}
