import { groupBy, nameAttempt, type Evidence, type Violation } from './evidence.ts';
import type { Names } from './read-names.ts';
import type { AttemptRow, PipelineRow, TrackRow } from './read-rows.ts';
import type { History } from './replay-history.ts';

/**
 * Pipelines that tracks run. I1: each is of a track; I2: one an attempt; I6: the attempt has the outcome that its child has;
 * I8: it ended after everything in its child.
 */
export function judgeChildren(evidence: Evidence, { claims }: History, names: Names): Violation[] {
  const { rows } = evidence;
  const violations = rows.pipelines
    .filter(({ id, parentTrackId }) => parentTrackId !== null && names.parentOf(id) === null)
    .map(({ id, parentTrackId }): Violation => {
      return { invariant: 'I1', what: `pipeline ${id} is of track ${parentTrackId}, which is not there` };
    });
  const claimed = groupBy(claims, (claim) => `${claim.pipelineId} ${claim.vertexId}`);
  const attempts = groupBy(rows.attempts, (attempt) => `${attempt.pipelineId} ${attempt.vertexId}`);
  for (const track of rows.tracks) {
    const runs = names.factsOf(track.pipelineId, track.vertex)?.runs ?? 'script';
    const isItem = (names.pipelines.get(track.pipelineId)?.mapVertexId ?? null) !== null;
    const children = names.childrenOf(track);
    if ((runs === 'script' || isItem) && children.length === 0) continue;
    const place = `${track.pipelineId} ${track.vertexId}`;
    const parent = { track, children, attempts: attempts.get(place) ?? [], evidence, names };
    violations.push(...countChildren(parent, claimed.get(place)?.length ?? 0), ...judgeAttempts(parent));
  }
  return violations;
}

interface Parent {
  track: TrackRow;
  children: readonly PipelineRow[];
  attempts: readonly AttemptRow[];
  evidence: Evidence;
  names: Names;
}

function countChildren({ track, children, attempts }: Parent, claims: number): Violation[] {
  const ids = children.map(({ id }) => id).join(', ');
  if (children.length > claims) {
    const what = `${track.vertex} of pipeline ${track.pipelineId} was claimed ${claims} times, and ran pipelines ${ids}`;
    return [{ invariant: 'I2', what }];
  }
  // Where there was nothing to start, that is what the attempt says.
  const started = attempts.filter(({ result }) => result !== 'spawn_error').length;
  if (children.length >= started) return [];
  const what = `${track.vertex} of pipeline ${track.pipelineId} ended ${started} attempts, and ran pipelines ${ids || 'none'}`;
  return [{ invariant: 'I6', what }];
}

function judgeAttempts(parent: Parent): Violation[] {
  const { track, children, attempts } = parent;
  const made = attempts.filter(({ result }) => result !== 'spawn_error').toSorted((a, b) => a.attempt - b.attempt);
  return made.flatMap((attempt, index) => {
    const child = children[index];
    if (child === undefined) return [];
    const name = nameAttempt({ ...attempt, vertex: track.vertex });
    return [...judgeResult(parent, { name, attempt, child }), ...judgeEnd(parent, { name, attempt, child })];
  });
}

interface ChildRun {
  name: string;
  attempt: AttemptRow;
  child: PipelineRow;
}

function judgeResult({ track, names }: Parent, { name, attempt, child }: ChildRun): Violation[] {
  const facts = names.factsOf(track.pipelineId, track.vertex);
  const items = names.tracksOf(child.id);
  const done = items.filter(({ state }) => state === 'SUCCEED').length;
  const isWell =
    facts?.runs === 'map' && child.state !== 'CANCELLED'
      ? done * 100 >= facts.minSuccessPercent * items.length
      : child.state === 'FINISH';
  // A child that is cancelled together with its track ends it so.
  const isCancelled = attempt.result === 'cancelled' && child.state === 'CANCELLED';
  if (isCancelled || (attempt.result === 'succeed') === isWell) return [];
  return [{ invariant: 'I6', what: `${name} is recorded as ${attempt.result}, and its pipeline is ${child.state}` }];
}

function judgeEnd({ evidence, names }: Parent, { name, attempt, child }: ChildRun): Violation[] {
  const within = new Set<number>();
  const open = [child.id];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    within.add(id);
    for (const track of names.tracksOf(id)) open.push(...names.childrenOf(track).map((one) => one.id));
  }
  const late = evidence.journal.filter(({ pipelineId, atMs }) => within.has(pipelineId) && atMs > attempt.finishedAtMs);
  return late.map((entry) => {
    const what = `${nameAttempt(entry)} wrote ${entry.kind} when ${name}, which runs it, had ended`;
    return { invariant: 'I8', what };
  });
}
