import { findLastAction, findPipelineAction, findTrackEnds, type LastAction, type TrackEnd } from '@baton/database';
import { isTrackEnded, trackIdOf, type TrackReason } from '@baton/domain';
import { describeChoice } from './show-decision.ts';
import { vertexOf } from './show-track.ts';
import type { Blocker, BlockerOf, TrackReference } from './why-blockers.ts';
import type { WhySubject } from './why-pending.ts';
import type { WhySources } from './why-sources.ts';
import { byWhom, list, moment, toIso } from './words.ts';

/** What an ended track still awaits, and how it came to its end. */
export async function explainEnded(sources: WhySources, subject: WhySubject): Promise<Blocker[]> {
  const blockers: Blocker[] = [];
  if (subject.track.awaits === 'choice') blockers.push(explainChoice(subject));
  if (subject.track.awaits === 'decision') blockers.push(explainDecision(subject));
  return [...blockers, await explainEnd(sources, subject)];
}

function explainChoice({ track, graph, vertex }: WhySubject): BlockerOf<'choice'> {
  const { offered, successors } = describeChoice(graph, vertex);
  const offer = offered.length === 0 ? '' : `, offered is ${list(offered)}`;
  const sentence = `awaits a person's choice among ${list(successors)}${offer}, since ${moment(track.finishedAt)}`;
  return { kind: 'choice', sentence, offered, successors, since: toIso(track.finishedAt) };
}

function explainDecision({ track }: WhySubject): BlockerOf<'decision'> {
  const { reason, exitCode } = track;
  const sentence = `${track.state} (${reason ?? 'unknown'}) and is held: a person retries it, skips it or gives it up, since ${moment(track.finishedAt)}`;
  return { kind: 'decision', sentence, reason, exitCode, since: toIso(track.finishedAt) };
}

/** What only a person can have done. */
const BY_PERSONS: ReadonlySet<TrackReason> = new Set(['cancelled', 'rejected', 'skipped', 'forced']);
/** What others' ends have done. */
const BY_OTHERS: ReadonlySet<TrackReason> = new Set(['upstream_failed', 'join_not_met', 'not_chosen']);

async function explainEnd(sources: WhySources, subject: WhySubject): Promise<BlockerOf<'ended'>> {
  const { track, pipeline } = subject;
  const { reason, exitCode } = track;
  const action = await findActor(sources, subject);
  const because = reason !== null && BY_OTHERS.has(reason) ? await findCauses(sources, subject) : [];
  const detail = reason === 'pipeline_failed' ? pipeline.reason : track.detail;
  const sentence = describeEnd(subject, { action, because, detail });
  const actor = action?.actor ?? null;
  const comment = action?.reason ?? null;
  return { kind: 'ended', sentence, reason, detail, exitCode, actor, comment, because, at: toIso(track.finishedAt) };
}

async function findActor({ deps }: WhySources, { track, pipeline }: WhySubject): Promise<LastAction | null> {
  if (track.reason === 'pipeline_cancelled') return findPipelineAction(deps.database, pipeline.id, ['cancel']);
  return track.reason !== null && BY_PERSONS.has(track.reason) ? findLastAction(deps.database, track) : null;
}

function describeEnd(
  { track }: WhySubject,
  { action, because, detail }: { action: LastAction | null; because: TrackReference[]; detail: string | null },
): string {
  const { reason, exitCode } = track;
  const code = reason === 'exit_code' && exitCode !== null ? ` ${exitCode}` : '';
  const why = reason === null ? '' : ` for ${reason}${code}${detail === null ? '' : ` (${detail})`}`;
  const names = because.map(({ vertex, state }) => `${vertex}, which is ${state}`);
  const cause = names.length === 0 ? '' : `, because of ${list(names, 3)}`;
  return `ended at ${moment(track.finishedAt)}${byWhom(action)}${why}${cause}`;
}

const MAX_LEVELS = 100;
const MAX_CAUSES = 10;

/** Goes up through what was only drawn along, to the tracks whose own ends were the cause. */
async function findCauses(
  sources: WhySources,
  { track, vertex, graph, pipeline }: WhySubject,
): Promise<TrackReference[]> {
  const causes: TrackReference[] = [];
  const seen = new Set([track.vertexId]);
  let level = [...vertex.predecessors];
  for (let depth = 0; depth < MAX_LEVELS && level.length > 0 && causes.length < MAX_CAUSES; depth += 1) {
    const fresh = level.filter((id) => !seen.has(id)).slice(0, 500);
    for (const id of fresh) seen.add(id);
    const ends = await findTrackEnds(
      sources.deps.database,
      fresh.map((id) => trackIdOf(pipeline.id, id)),
    );
    level = [];
    for (const end of ends.values()) {
      const above = vertexOf(graph, end);
      if (isDrawnAlong(end)) level.push(...above.predecessors);
      else if (isCauseOf(end, track)) causes.push({ trackId: end.id, vertex: above.name, state: end.state });
    }
  }
  return causes.slice(0, MAX_CAUSES);
}

function isDrawnAlong({ reason }: TrackEnd): boolean {
  return reason !== null && BY_OTHERS.has(reason);
}

/** A choice is made by tracks that succeeded; everything else comes from those that did not. */
function isCauseOf(end: TrackEnd, { reason }: { reason: TrackReason | null }): boolean {
  if (!isTrackEnded(end.state)) return false;
  return reason === 'not_chosen' || end.state !== 'SUCCEED';
}
