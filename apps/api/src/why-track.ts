import { findWhyTracks } from '@baton/database';
import { BatonError } from '@baton/domain';
import { vertexOf } from './show-track.ts';
import { BLOCKER_KINDS, type Blocker, type TrackWhy } from './why-blockers.ts';
import { explainChild } from './why-child.ts';
import { explainEnded } from './why-ended.ts';
import { explainPause, explainPending, type WhySubject } from './why-pending.ts';
import { explainPredecessors } from './why-predecessors.ts';
import { explainRunning } from './why-running.ts';
import { createWhySources, type WhyDeps, type WhySources } from './why-sources.ts';

/**
 * Why a track does not run, or has not ended, or ended as it did: all that holds it, in words and as data. Reads only; what
 * it says of queues and workers is as of this moment.
 * @throws BatonError track_not_found
 */
export async function whyTrack(deps: WhyDeps, trackId: number): Promise<TrackWhy> {
  const [track] = await findWhyTracks(deps.database, [trackId]);
  if (track === undefined) throw new BatonError('track_not_found', `expected the id of a track, found ${trackId}`);
  const sources = createWhySources(deps);
  const { pipeline, graph } = await sources.pipelineOf(track.pipelineId);
  const subject = { track, pipeline, graph, vertex: vertexOf(graph, track) };
  const blockers = await explainTrack(sources, subject);
  const { name } = subject.vertex;
  const sentence = `${name} is ${track.state}: ${blockers[0]?.sentence ?? 'nothing holds it'}`;
  return { trackId, vertex: name, state: track.state, pipelineId: pipeline.id, sentence, blockers };
}

async function explainTrack(sources: WhySources, subject: WhySubject): Promise<Blocker[]> {
  if (subject.track.state !== 'WAITING') return explainLeaf(sources, subject);
  const predecessors = await explainPredecessors(sources, subject, explainLeaf);
  // A root says itself that the pipeline is paused, unless it runs.
  if (subject.pipeline.state !== 'PAUSED') return [predecessors];
  return [await explainPause(sources, subject.pipeline.id), predecessors];
}

/** A track that waits for no other. @returns the one that counts first */
async function explainLeaf(sources: WhySources, subject: WhySubject): Promise<Blocker[]> {
  const blockers = await explainByState(sources, subject);
  return blockers.toSorted((a, b) => BLOCKER_KINDS.indexOf(a.kind) - BLOCKER_KINDS.indexOf(b.kind));
}

function explainByState(sources: WhySources, subject: WhySubject): Promise<Blocker[]> {
  const { state, childPipelineId } = subject.track;
  switch (state) {
    case 'PENDING':
      return explainPending(sources, subject);
    case 'RUNNING':
      return childPipelineId === null
        ? explainRunning(sources, subject)
        : explainChild(sources, subject, childPipelineId);
    case 'WAITING':
    case 'SUCCEED':
    case 'FAILED':
    case 'SKIPPED':
    case 'CANCELLED':
      return explainEnded(sources, subject);
  }
}
