import {
  codeOfCompletion,
  copyTrack,
  holderOf,
  type Completion,
  type Entry,
  type Orchestrator,
  type State,
} from './flow-state.ts';
import { distinct, nameEntry, nameRun, remove, type Add, type Place } from './flow-moves.ts';
import { applyCompletion, writeUnlocked } from './flow-tables.ts';

const RESTING: Orchestrator = { at: 'idle', completion: null, enqueue: [], seen: null };

export function addProcessSteps(orchestrator: Orchestrator, place: Place): void {
  const { state, rules, index, add } = place;
  const { completion, seen } = orchestrator;
  if (orchestrator.at === 'committed') {
    add(
      () => `process ${index + 1} enqueues ${orchestrator.enqueue.map(nameEntry).join(' and ')}`,
      (next) => {
        next.queue.push(...orchestrator.enqueue);
        next.orchestrators[index] = RESTING;
      },
    );
  } else if (completion !== null && seen !== null) {
    add(
      () => `process ${index + 1} decides about ${nameRun(completion)} by what it read, and commits`,
      (next) => {
        const decided = { pipeline: seen.pipeline, tracks: seen.tracks.map(copyTrack) };
        const result = applyCompletion(decided, completion, rules);
        const isWritten = result !== null && writeUnlocked(next, { seen, decided }, completion.track);
        finish(next, index, isWritten ? result.enqueue : []);
        return isWritten ? result.broken : null;
      },
    );
  } else {
    for (const one of distinct(state.completions, codeOfCompletion)) addTake(one, place);
    if (rules.safeguards.reconcileEnqueues) addEnqueueAgain(state, add);
    if (rules.safeguards.reconcileLoses) addLose(place);
  }
}

function addTake(completion: Completion, { state, rules, index, add }: Place): void {
  const what = `the end of ${nameRun(completion)} (${completion.outcome})`;
  if (!rules.safeguards.lockBeforeCount) {
    return add(
      () => `process ${index + 1} takes ${what} and reads without a lock`,
      (next) => {
        remove(next.completions, completion, codeOfCompletion);
        const seen = { pipeline: state.pipeline, tracks: state.tracks };
        next.orchestrators[index] = { at: 'read', completion, enqueue: [], seen };
      },
    );
  }
  add(
    () => `process ${index + 1} applies ${what}`,
    (next) => {
      remove(next.completions, completion, codeOfCompletion);
      return applyAndFinish(next, completion, { rules, index });
    },
  );
}

function applyAndFinish(
  next: State,
  completion: Completion,
  { rules, index }: Pick<Place, 'rules' | 'index'>,
): string | null {
  const result = applyCompletion(next, completion, rules);
  finish(next, index, result?.enqueue ?? []);
  return result?.broken ?? null;
}

/** What is in nobody's hands: an entry that is there twice is a fault of its own. */
function addEnqueueAgain(state: State, add: Add): void {
  state.tracks.forEach(({ state: now, attempt }, track) => {
    const known = [...state.queue, ...state.orchestrators.flatMap(({ enqueue }) => enqueue)];
    if (now !== 'PENDING' || known.some((entry) => entry.track === track && entry.attempt === attempt)) return;
    add(
      () => `the reconcile loop enqueues ${nameEntry({ track, attempt })} again`,
      (next) => {
        next.queue.push({ track, attempt });
      },
    );
  });
}

function addLose({ state, rules, index, add }: Place): void {
  state.tracks.forEach((track, at) => {
    if (track.state !== 'RUNNING' || !(track.isLeaseOver || !rules.safeguards.leaseIsChecked)) return;
    const completion: Completion = { ...holderOf(state, at), outcome: 'lost' };
    add(
      () => `process ${index + 1} declares ${nameRun(completion)} lost`,
      (next) => {
        return applyAndFinish(next, completion, { rules, index });
      },
    );
  });
}

function finish(next: State, index: number, enqueue: Entry[]): void {
  next.orchestrators[index] =
    enqueue.length === 0 ? RESTING : { at: 'committed', completion: null, enqueue, seen: null };
}
