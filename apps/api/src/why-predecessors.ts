import { findTrackEnds, findWhyTracks, type TrackEnd } from '@baton/database';
import { isTrackEnded, trackIdOf, type JoinRule } from '@baton/domain';
import { vertexOf } from './show-track.ts';
import type { Blocker, BlockerOf, TrackReference } from './why-blockers.ts';
import type { WhySubject } from './why-pending.ts';
import type { WhySources } from './why-sources.ts';
import { count, list } from './words.ts';

/** The walk up from a WAITING track ends here: an answer is for people, and has to come at once. */
const MAX_LEVELS = 100;
const MAX_VISITED = 2000;
const MAX_ROOTS = 10;
const MAX_UNFINISHED = 20;

/** Why a track is as it is, without asking what is above it. */
export type ExplainTrack = (sources: WhySources, subject: WhySubject) => Promise<Blocker[]>;

/**
 * Why a WAITING track waits: which of those before it are unfinished, what its join rule still needs, and which tracks,
 * however far above, really hold it.
 */
export async function explainPredecessors(
  sources: WhySources,
  subject: WhySubject,
  explain: ExplainTrack,
): Promise<BlockerOf<'predecessors'>> {
  const { vertex } = subject;
  const open = await findOpenAbove(sources, subject);
  const roots = await explainRoots(sources, subject, { roots: open.roots.slice(0, MAX_ROOTS), explain });
  const total = vertex.predecessors.length;
  const ended = total - open.unfinished.length;
  const needs = describeNeeds(vertex.join, total);
  const names = open.unfinished.map((track) => `${track.vertex} (${track.state})`);
  const [first] = roots;
  const far = first !== undefined && open.unfinished.every(({ trackId }) => trackId !== first.trackId);
  const cause =
    first === undefined ? '' : far ? `; what holds it is ${first.vertex}: ${first.sentence}` : `: ${first.sentence}`;
  const sentence =
    total === ended
      ? 'all before it have ended: the reconcile loop mends this within seconds'
      : `waits for ${list(names, 3)}, ${ended} of ${count(total, 'predecessor')} have ended${cause}`;
  const { isComplete } = open;
  const unfinished = open.unfinished.slice(0, MAX_UNFINISHED);
  return { kind: 'predecessors', sentence, join: vertex.join, total, ended, needs, unfinished, roots, isComplete };
}

/** What a rule that has not decided yet waits for: docs/join-rules.md has the whole table. */
function describeNeeds(join: JoinRule, total: number): string {
  const all = total === 1 ? 'the end of its predecessor' : `the ends of all ${total} predecessors`;
  if (join === 'one_success') return `one predecessor that succeeds, or ${all}`;
  if (join === 'one_failed') return `one predecessor that fails, or ${all}`;
  if (join === 'one_done') return `one predecessor that succeeds or fails, or ${all}`;
  return all;
}

interface OpenAbove {
  unfinished: TrackReference[];
  /** Tracks that wait for nothing above them, the nearest first. */
  roots: TrackEnd[];
  isComplete: boolean;
}

/** Level by level: each is one statement, and the near causes are found first. */
async function findOpenAbove(sources: WhySources, { graph, vertex, pipeline }: WhySubject): Promise<OpenAbove> {
  const found: OpenAbove = { unfinished: [], roots: [], isComplete: true };
  const seen = new Set<number>([vertex.id]);
  let level: readonly number[] = vertex.predecessors;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_LEVELS || seen.size > MAX_VISITED) {
      found.isComplete = false;
      break;
    }
    const ends = await findTrackEnds(
      sources.deps.database,
      level.map((id) => trackIdOf(pipeline.id, id)),
    );
    const open = [...ends.values()].filter(isOpen);
    if (depth === 0) found.unfinished = open.map((end) => refer(end, vertexOf(graph, end).name));
    found.roots.push(...open.filter(({ state }) => state !== 'WAITING'));
    const above = open.filter(({ state }) => state === 'WAITING').flatMap((end) => vertexOf(graph, end).predecessors);
    level = [...new Set(above)].filter((id) => !seen.has(id));
    for (const id of level) seen.add(id);
  }
  return found;
}

/** Its successors wait for it: it has not ended, or it has and a person's word is missing. */
function isOpen({ state, awaits }: TrackEnd): boolean {
  return !isTrackEnded(state) || awaits !== null;
}

function refer({ id, state }: TrackEnd, vertex: string): TrackReference {
  return { trackId: id, vertex, state };
}

async function explainRoots(
  sources: WhySources,
  subject: WhySubject,
  { roots, explain }: { roots: readonly TrackEnd[]; explain: ExplainTrack },
): Promise<BlockerOf<'predecessors'>['roots']> {
  const tracks = await findWhyTracks(
    sources.deps.database,
    roots.map(({ id }) => id),
  );
  const byId = new Map(tracks.map((track) => [track.id, track]));
  const explained: BlockerOf<'predecessors'>['roots'] = [];
  for (const { id } of roots) {
    const track = byId.get(id);
    if (track === undefined) continue;
    const vertex = vertexOf(subject.graph, track);
    const [first] = await explain(sources, { ...subject, track, vertex });
    if (first === undefined) continue;
    const { kind, sentence } = first;
    explained.push({ trackId: id, vertex: vertex.name, state: track.state, kind, sentence });
  }
  return explained;
}
