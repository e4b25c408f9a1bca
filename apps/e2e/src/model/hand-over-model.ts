import type { Model, Step } from './explore.ts';

/*
 * A small model of hand-over by itself: a worker sends one completion, and one place with it. B waits for that completion; W
 * waits in the queue already. Leases never end here: what a lease would have to mend is a pipeline that is stuck.
 */

/** What keeps the promises of hand-over. Each can be taken away. */
export interface HandOverSafeguards {
  /** What the worker has had to do with it does not start again. */
  runsAreKnown: boolean;
  /** For an entry that was handled before nothing is claimed, and its offer is not answered. */
  repeatIsIgnored: boolean;
  /** The worker asks for all that it holds while its offer is not answered. */
  asksForHeld: boolean;
}

export const HAND_OVER_SAFEGUARDS = ['runsAreKnown', 'repeatIsIgnored', 'asksForHeld'] as const;

const NAMES = ['B', 'W'] as const;
type Name = (typeof NAMES)[number];

interface Track {
  at: 'waiting' | 'queued' | 'claimed' | 'done';
  starts: number;
  isKnown: boolean;
  isRunning: boolean;
}

interface Message {
  runs: Name[];
  isAnswer: boolean;
}

interface State {
  /** Of the completion, with its offer. */
  entries: number;
  isApplied: boolean;
  /** What a process has claimed, and told nobody of yet. */
  claimed: Message | null;
  messages: Message[];
  tracks: Record<Name, Track>;
  /** How many runs were started for the place. */
  used: number;
  isOpen: boolean;
  faultsLeft: number;
}

const WAITS: Track = { at: 'waiting', starts: 0, isKnown: false, isRunning: false };

/** @param safeguards all but those that are taken away */
export function makeHandOverModel(faults: number, safeguards: HandOverSafeguards): Model<State> {
  return {
    start: {
      entries: 1,
      isApplied: false,
      claimed: null,
      messages: [],
      tracks: { B: WAITS, W: { ...WAITS, at: 'queued' } },
      used: 0,
      isOpen: true,
      faultsLeft: faults,
    },
    keyOf: (state) =>
      JSON.stringify({ ...state, messages: state.messages.map((one) => JSON.stringify(one)).toSorted() }),
    stepsFrom: (state) => [...processSteps(state, safeguards), ...workerSteps(state, safeguards), ...faultSteps(state)],
    findBroken({ tracks, used }) {
      if (NAMES.some((name) => tracks[name].starts > 1)) return 'one start an attempt';
      return used > 1 ? 'one run a place' : null;
    },
    isEnd: ({ tracks }) => NAMES.every((name) => tracks[name].at === 'done'),
  };
}

type Steps = Step<State>[];

function add(steps: Steps, state: State, [what, change]: [what: string, change: (next: State) => void]): void {
  const to = structuredClone(state);
  const isFault = what.startsWith('FAULT');
  if (isFault) to.faultsLeft -= 1;
  change(to);
  steps.push({ describe: () => what, isOptional: isFault, broken: null, to });
}

function processSteps(state: State, { repeatIsIgnored }: HandOverSafeguards): Steps {
  const steps: Steps = [];
  const { claimed, entries, isApplied, tracks } = state;
  if (claimed !== null) {
    add(steps, state, [
      `the worker is told of ${claimed.runs.join() || 'nothing'}`,
      (next) => {
        next.claimed = null;
        next.entries -= 1;
        if (claimed.runs.length > 0 || claimed.isAnswer) next.messages.push(claimed);
      },
    ]);
    return steps;
  }
  if (entries === 0) return steps;
  const isRepeat = isApplied && repeatIsIgnored;
  const isReady = (name: Name): boolean => !isRepeat && (tracks[name].at === 'queued' || (name === 'B' && !isApplied));
  for (const chosen of [null, ...NAMES.filter(isReady)]) {
    add(steps, state, [
      `the completion is applied, and ${chosen ?? 'nothing'} claimed for the place`,
      (next) => {
        if (!isApplied) next.tracks.B.at = 'queued';
        next.isApplied = true;
        if (chosen !== null) next.tracks[chosen].at = 'claimed';
        next.claimed = { runs: chosen === null ? [] : [chosen], isAnswer: !isRepeat };
      },
    ]);
  }
  return steps;
}

function start(next: State, name: Name): void {
  Object.assign(next.tracks[name], { isKnown: true, isRunning: true, starts: next.tracks[name].starts + 1 });
}

function workerSteps(state: State, safeguards: HandOverSafeguards): Steps {
  const steps: Steps = [];
  state.messages.forEach((message, index) => {
    add(steps, state, [
      `the worker hears of ${message.runs.join() || 'nothing'}`,
      (next) => {
        next.messages.splice(index, 1);
        for (const name of message.runs) hear(next, name, safeguards);
        if (message.isAnswer) next.isOpen = false;
      },
    ]);
  });
  for (const name of NAMES) {
    const { at, isRunning, isKnown } = state.tracks[name];
    const end = (next: State): void => void Object.assign(next.tracks[name], { at: 'done', isRunning: false });
    if (isRunning) add(steps, state, [`the script of ${name} ends`, end]);
    if (at === 'claimed' && !isKnown && state.isOpen && safeguards.asksForHeld) {
      add(steps, state, [`the worker asks what it holds, and starts ${name}`, (next) => start(next, name)]);
    }
    if (at === 'queued' && (name === 'W' || state.isApplied)) {
      const pull = (next: State): void => {
        next.tracks[name].at = 'claimed';
        start(next, name);
      };
      add(steps, state, [`the worker pulls ${name}, claims and starts it`, pull]);
    }
  }
  return steps;
}

function hear(next: State, name: Name, { runsAreKnown }: HandOverSafeguards): void {
  const track = next.tracks[name];
  if (track.isKnown && runsAreKnown) return;
  if (next.used === 0 || !runsAreKnown) {
    next.used += 1;
    start(next, name);
  } else if (track.at === 'claimed') {
    // Its run id goes with the claim: another claim has another.
    track.at = 'queued';
  }
}

function faultSteps(state: State): Steps {
  const steps: Steps = [];
  if (state.faultsLeft === 0) return steps;
  if (state.claimed !== null) {
    const die = (next: State): void => void (next.claimed = null);
    add(steps, state, ['FAULT: the process dies after its commit, before it tells', die]);
  }
  if (state.entries === 1)
    add(steps, state, ['FAULT: the completion is there twice', (next) => void (next.entries = 2)]);
  state.messages.forEach((message, index) => {
    const what = `what tells of ${message.runs.join() || 'nothing'}`;
    add(steps, state, [`FAULT: ${what} is lost`, (next) => void next.messages.splice(index, 1)]);
    add(steps, state, [`FAULT: ${what} comes twice`, (next) => void next.messages.push(message)]);
  });
  return steps;
}
