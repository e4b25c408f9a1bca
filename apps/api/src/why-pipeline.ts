import {
  findHoldingTracks,
  findPipelineAction,
  runsPipeline,
  type GraphVertex,
  type PipelineRecord,
  type WhyTrack,
} from '@baton/database';
import { isPipelineEnded, wantedLabels } from '@baton/domain';
import { vertexOf } from './show-track.ts';
import { BLOCKER_KINDS, type BlockerKind, type PipelineWhy, type TrackReference } from './why-blockers.ts';
import { explainMissingWorker, nameLimit } from './why-pending.ts';
import { createWhySources, type WhyDeps, type WhySources } from './why-sources.ts';
import { byWhom, count, list, moment } from './words.ts';

/** Of each way to hold a pipeline so many tracks are looked at, and so many are named. */
const MAX_COUNTED = 2000;
const MAX_NAMED = 50;
const NAMED_IN_GROUP = 10;

/**
 * Why a pipeline has not ended: the tracks that hold the whole, in groups by what holds them.
 * @throws BatonError pipeline_not_found
 */
export function whyPipeline(deps: WhyDeps, pipelineId: number): Promise<PipelineWhy> {
  return explainPipeline(createWhySources(deps), pipelineId);
}

type Group = PipelineWhy['groups'][number];

/** Tracks that the same thing holds. */
interface Gathered {
  kind: BlockerKind;
  /** What they wait for, in words that follow the number of tracks: `wait for pool gpu`. */
  words: string;
  tracks: { track: WhyTrack; vertex: GraphVertex }[];
}

export async function explainPipeline(sources: WhySources, pipelineId: number): Promise<PipelineWhy> {
  const { pipeline, graph } = await sources.pipelineOf(pipelineId);
  const tracks = await findHoldingTracks(sources.deps.database, pipelineId, MAX_COUNTED);
  const gathered = new Map<string, Gathered>();
  for (const track of tracks) {
    const vertex = vertexOf(graph, track);
    const { kind, words } = await classify(sources, { track, vertex, pipeline, graph });
    const key = `${kind} ${words}`;
    const group = gathered.get(key) ?? { kind, words, tracks: [] };
    group.tracks.push({ track, vertex });
    gathered.set(key, group);
  }
  const groups = showGroups([...gathered.values()]);
  await addFirstChild(sources, [...gathered.values()], groups);
  if (isPipelineEnded(pipeline.state)) groups.push(await describeEnd(sources, pipeline));
  const { name, state } = pipeline;
  const isComplete = tracks.length < MAX_COUNTED;
  return { pipelineId, pipeline: name, state, sentence: composeSentence(pipeline, groups), groups, isComplete };
}

/** A pipeline below it is told about as well: the one of the first track that runs one. */
async function addFirstChild(
  sources: WhySources,
  gathered: readonly Gathered[],
  groups: readonly Group[],
): Promise<void> {
  const childId = gathered.find(({ kind }) => kind === 'child')?.tracks[0]?.track.childPipelineId;
  const group = groups.find(({ kind }) => kind === 'child');
  if (childId == null || group === undefined) return;
  group.sentence += ` (${(await explainPipeline(sources, childId)).sentence})`;
}

interface Classified {
  kind: BlockerKind;
  words: string;
}

async function classify(
  sources: WhySources,
  subject: { track: WhyTrack; vertex: GraphVertex } & Awaited<ReturnType<WhySources['pipelineOf']>>,
): Promise<Classified> {
  const { track, vertex, pipeline } = subject;
  if (track.awaits !== null) return { kind: track.awaits, words: AWAITING[track.awaits](vertex) };
  if (track.state === 'RUNNING') return classifyRunning(track);
  if (pipeline.state === 'PAUSED') {
    return {
      kind: 'paused',
      words: `wait because the pipeline is paused${byWhom(await sources.pauseOf(pipeline.id))}`,
    };
  }
  if (!runsPipeline(vertex) && explainMissingWorker(await sources.workers(), vertex).length > 0) {
    return {
      kind: 'no_worker',
      words: `wait for a worker that serves ${wantedLabels(vertex.policies.labels).join(', ')}`,
    };
  }
  if (track.waitsFor !== null && track.isLimited) {
    return { kind: 'limit', words: `wait for ${nameLimit(track.waitsFor, subject)}` };
  }
  if (track.dispatchSeq === 0 && !track.isDelayed)
    return { kind: 'not_queued', words: 'may run, and are to be enqueued' };
  if (track.isDelayed) return { kind: 'retry', words: 'wait for the time of their next attempt' };
  if (runsPipeline(vertex)) return { kind: 'queue', words: 'wait in the queue for an orchestrator' };
  return {
    kind: 'queue',
    words: `wait in the queue for a worker that serves ${wantedLabels(vertex.policies.labels).join(', ')}`,
  };
}

const AWAITING: Record<NonNullable<WhyTrack['awaits']>, (vertex: GraphVertex) => string> = {
  params: () => 'wait for a person to give parameters',
  approval: ({ policies: { gate } }) =>
    `wait for the approval of ${(gate?.approvers.length ?? 0) === 0 ? 'whoever may operate' : list(gate?.approvers ?? [])}`,
  choice: () => "await a person's choice",
  decision: () => 'failed and are held for a person',
};

function classifyRunning({ childPipelineId }: WhyTrack): Classified {
  return childPipelineId === null
    ? { kind: 'running', words: 'run' }
    : { kind: 'child', words: 'run pipelines of their own' };
}

/** Each group names some of its tracks, all together not too many. */
function showGroups(gathered: readonly Gathered[]): Group[] {
  const inOrder = gathered.toSorted(
    (a, b) => BLOCKER_KINDS.indexOf(a.kind) - BLOCKER_KINDS.indexOf(b.kind) || b.tracks.length - a.tracks.length,
  );
  let left = MAX_NAMED;
  return inOrder.map(({ kind, words, tracks }) => {
    const named = tracks.slice(0, Math.min(NAMED_IN_GROUP, left)).map(toReference);
    left -= named.length;
    const sentence = `${count(tracks.length, 'track')} ${tracks.length === 1 ? toSingular(words) : words}`;
    const names = list(
      tracks.map(({ vertex }) => vertex.name),
      3,
    );
    return { kind, count: tracks.length, sentence: `${sentence}: ${names}`, tracks: named };
  });
}

/** `wait for` becomes `waits for`, `may` stays. */
function toSingular(words: string): string {
  return words.replace(/^(wait|await|run)\b/, '$1s').replace(/ are /, ' is ');
}

function toReference({ track, vertex }: Gathered['tracks'][number]): TrackReference {
  return { trackId: track.id, vertex: vertex.name, state: track.state };
}

async function describeEnd({ deps }: WhySources, { id, state, reason, finishedAt }: PipelineRecord): Promise<Group> {
  const action = state === 'CANCELLED' ? await findPipelineAction(deps.database, id, ['cancel']) : null;
  const why = reason === null ? '' : `: ${reason}`;
  return {
    kind: 'ended',
    count: 0,
    sentence: `ended at ${moment(finishedAt)}${byWhom(action)}${why}`,
    tracks: [],
  };
}

function composeSentence({ id, name, state }: PipelineRecord, groups: readonly Group[]): string {
  const why =
    groups.length === 0
      ? 'nothing holds it: the reconcile loop mends this within seconds'
      : groups
          .map(({ sentence }) => sentence)
          .slice(0, 3)
          .join('; ');
  const more = groups.length > 3 ? `; and ${groups.length - 3} more` : '';
  return `pipeline ${id} (${name}), ${state}: ${why}${more}`;
}
