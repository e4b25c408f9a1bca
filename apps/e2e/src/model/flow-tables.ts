import type { Safeguards } from './safeguards.ts';
import {
  copyTrack,
  countUp,
  holderOf,
  isEnded,
  isLive,
  isSameRun,
  trackOf,
  type Completion,
  type Entry,
  type Run,
  type Scenario,
  type Tables,
  type Track,
} from './flow-state.ts';

/*
 * What transactions do to MySQL. Each is one step of the model, as the rows are locked meanwhile; where a safeguard is
 * missing, see safeguards.ts. They change the tables that they are given.
 */

export interface Rules {
  scenario: Scenario;
  safeguards: Safeguards;
}

/** @returns whether the worker may start the script; `broken`: what the grant itself breaks */
export function claim(tables: Tables, run: Run, { safeguards }: Rules): { isGranted: boolean; broken: string | null } {
  const track = trackOf(tables, run.track);
  const isHeld = track.state === 'RUNNING' && track.attempt === run.attempt;
  if (isHeld && (track.runId === run.runId || !safeguards.repeatNamesRun)) {
    const isGranted = safeguards.repeatIsGranted || track.runId !== run.runId;
    if (isGranted) track.isLeaseOver = false;
    return { isGranted, broken: null };
  }
  const isOpen = track.state === 'PENDING' && track.attempt === run.attempt;
  const mayRun = tables.pipeline === 'RUNNING' || !safeguards.claimAsksPipeline;
  if (safeguards.claim && !(isOpen && mayRun)) return { isGranted: false, broken: null };
  const broken = tables.pipeline === 'RUNNING' ? null : 'no claim in a pipeline that has ended or is paused';
  if (!isEnded(track)) Object.assign(track, { state: 'RUNNING', runId: run.runId, isLeaseOver: false, isHurt: false });
  return { isGranted: true, broken };
}

/** The way back of a claim. `gone`: it is not this run's (any more). */
export function release(tables: Tables, run: Run, { safeguards }: Rules): 'released' | 'kept' | 'gone' {
  const track = trackOf(tables, run.track);
  const isNamed = track.runId === run.runId || !safeguards.releaseNamesRun;
  if (track.state !== 'RUNNING' || track.attempt !== run.attempt || !isNamed) return 'gone';
  if (safeguards.releaseAsksEnd && (track.isCancelRequested || !isLive(tables))) return 'kept';
  Object.assign(track, { state: 'PENDING', runId: 0, isLeaseOver: false, isHurt: false });
  return 'released';
}

/** @returns what is PENDING now and to be enqueued, or null where the completion is stale */
export function applyCompletion(
  tables: Tables,
  completion: Completion,
  rules: Rules,
): { enqueue: Entry[]; broken: string | null } | null {
  const { safeguards } = rules;
  const track = trackOf(tables, completion.track);
  const isNamed = isSameRun(completion, holderOf(tables, completion.track)) || !safeguards.completionNamesRun;
  if (safeguards.completionGuard && !(track.state === 'RUNNING' && isNamed)) return null;
  const before = tables.tracks.map(({ state }) => state);
  const isNeedless = completion.outcome === 'lost' && !track.isHurt;
  track.applied = countUp(track.applied, completion.attempt);
  track.runId = 0;
  track.isLeaseOver = false;
  endAttempt(tables, completion, rules);
  const enqueue = tables.tracks.flatMap((after, index) => {
    return after.state === 'PENDING' && before[index] !== 'PENDING' ? [{ track: index, attempt: after.attempt }] : [];
  });
  const own = before[completion.track];
  const hasMoved = own !== undefined && isEnded({ ...track, state: own }) && own !== track.state;
  if (hasMoved) return { enqueue, broken: 'an end is final' };
  if ((track.applied[completion.attempt] ?? 0) > 1) return { enqueue, broken: 'one outcome an attempt' };
  return { enqueue, broken: isNeedless ? 'no attempt is lost whose worker is well' : null };
}

function endAttempt(tables: Tables, { track: index, outcome }: Completion, { scenario, safeguards }: Rules): void {
  const track = trackOf(tables, index);
  const mayGoOn = isLive(tables);
  if (outcome === 'succeed') {
    track.state = 'SUCCEED';
    if (mayGoOn) startSuccessors(tables, index, scenario);
    return;
  }
  if (outcome === 'cancelled' || (outcome === 'lost' && track.isCancelRequested)) {
    track.state = 'CANCELLED';
    return;
  }
  const mayRetry = mayGoOn && scenario.retries.includes(outcome) && track.attempt < scenario.maxAttempts;
  track.state = mayRetry ? 'PENDING' : 'FAILED';
  if (mayRetry)
    Object.assign(track, { attempt: track.attempt + (safeguards.retryIsNewAttempt ? 1 : 0), isHurt: false });
  else if (mayGoOn) endPipeline(tables, 'FAILED', safeguards);
}

function startSuccessors(tables: Tables, index: number, { predecessors }: Scenario): void {
  tables.tracks.forEach((successor, at) => {
    if (predecessors[at]?.includes(index) !== true) return;
    successor.left -= 1;
    if (successor.state === 'WAITING' && successor.left === 0) successor.state = 'PENDING';
  });
  if (tables.tracks.every(({ state }) => state === 'SUCCEED')) tables.pipeline = 'FINISH';
}

function endPipeline(tables: Tables, state: 'FAILED' | 'CANCELLED', safeguards: Safeguards): void {
  tables.pipeline = state;
  for (const track of tables.tracks) {
    const isOpen = track.state === 'WAITING' || (track.state === 'PENDING' && safeguards.endTakesPending);
    if (isOpen) track.state = 'CANCELLED';
  }
}

/** A person cancels: what runs is only asked to end. */
export function cancel(tables: Tables, { safeguards }: Rules): void {
  endPipeline(tables, 'CANCELLED', safeguards);
  for (const track of tables.tracks) {
    if (track.state !== 'RUNNING') continue;
    track.isCancelRequested = true;
    if (!safeguards.cancelWaits) track.state = 'CANCELLED';
  }
}

/**
 * Writes what was decided by rows that were read before, and not locked: each write expects the state and the attempt that
 * were read, and counts relative to what is there. @returns whether the completion's own track was as expected
 */
export function writeUnlocked(
  tables: Tables,
  { seen, decided }: { seen: Tables; decided: Tables },
  own: number,
): boolean {
  const isOwnAsSeen = isUnchanged(tables.tracks[own], seen.tracks[own]);
  if (!isOwnAsSeen) return false;
  tables.tracks.forEach((track, index) => {
    const [before, after] = [trackOf(seen, index), trackOf(decided, index)];
    if (!isUnchanged(track, before)) return;
    const left = track.left + after.left - before.left;
    tables.tracks[index] = { ...(after.state === before.state ? track : copyTrack(after)), left };
  });
  if (decided.pipeline !== seen.pipeline) tables.pipeline = decided.pipeline;
  return true;
}

function isUnchanged(track: Track | undefined, seen: Track | undefined): boolean {
  return track?.state === seen?.state && track?.attempt === seen?.attempt;
}
