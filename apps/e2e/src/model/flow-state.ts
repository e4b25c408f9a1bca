/*
 * A small model of how Baton moves one pipeline, to be explored exhaustively (explore.ts). It mirrors the design of SPEC
 * section 3 and shares no code with the product. docs/model.md says what is modelled, and what is left out.
 *
 * The state of everything: MySQL (the pipeline and its tracks), Redis (queue entries and completions, as multisets: what
 * comes first is anybody's guess), workers of one slot with their disks, and processes that commit and then enqueue. Such a
 * process is called an orchestrator here; the first one begins as the API that has just committed the start.
 */

export type Outcome = 'succeed' | 'fail' | 'cancelled' | 'lost';
const OUTCOMES: readonly Outcome[] = ['succeed', 'fail', 'cancelled', 'lost'];

/** What a worker may run: one attempt of one track, under the random name that it claimed it by. */
export interface Run {
  track: number;
  attempt: number;
  /** Names the claim among those of its attempt: 1, 2 ... */
  runId: number;
}

export interface Completion extends Run {
  outcome: Outcome;
}

export interface Entry {
  track: number;
  attempt: number;
}

const TRACK_STATES = ['WAITING', 'PENDING', 'RUNNING', 'SUCCEED', 'FAILED', 'CANCELLED'] as const;

export interface Track {
  state: (typeof TRACK_STATES)[number];
  attempt: number;
  /** The claim that holds it; 0: none. */
  runId: number;
  isLeaseOver: boolean;
  /** Predecessors that have not succeeded. */
  left: number;
  isCancelRequested: boolean;
  /** For the invariants only: its worker died or was cut off while it held the attempt. */
  isHurt: boolean;
  /** For the invariants only: starts and applied outcomes of each attempt. */
  starts: readonly number[];
  applied: readonly number[];
}

const WORKER_STEPS = ['idle', 'down', 'asking', 'granted', 'running', 'releasing'] as const;

export interface Worker {
  /** asking: the reply was lost. granted: the script is not started yet. releasing: it is to be given back. */
  at: (typeof WORKER_STEPS)[number];
  run: Run | null;
  /** It and the API do not hear each other. */
  isCut: boolean;
  disk: Completion[];
}

export interface Orchestrator {
  /** read: without the lock only. committed: nothing is enqueued yet. */
  at: 'idle' | 'read' | 'committed';
  /** What is to be decided by what was read. */
  completion: Completion | null;
  enqueue: Entry[];
  seen: Tables | null;
}

const PIPELINE_STATES = ['RUNNING', 'PAUSED', 'FINISH', 'FAILED', 'CANCELLED'] as const;

/** What MySQL holds. */
export interface Tables {
  pipeline: (typeof PIPELINE_STATES)[number];
  tracks: Track[];
}

export interface State extends Tables {
  queue: Entry[];
  completions: Completion[];
  /** Calls that give back, and that their workers have stopped waiting for. */
  lateReleases: Run[];
  workers: Worker[];
  orchestrators: Orchestrator[];
  /** Faults that may still happen, and what a person may still do, once each. */
  faultsLeft: number;
  mayCancel: boolean;
  mayPause: boolean;
}

/** One question to the model: a graph, what its tracks are allowed, and what may go wrong how often. */
export interface Scenario {
  /** Of each track the tracks before it; names are A, B, C. */
  predecessors: readonly (readonly number[])[];
  maxAttempts: number;
  /** What gets another attempt. */
  retries: readonly ('fail' | 'lost')[];
  workers: number;
  orchestrators: number;
  faults: number;
  kinds: readonly FaultKind[];
  mayCancel: boolean;
  mayPause: boolean;
  /** Workers may give back what they have not started. */
  mayRelease: boolean;
}

export const FAULT_KINDS = [
  'duplicate',
  'drop',
  'flush',
  'worker crash',
  'orchestrator crash',
  'cut',
  'lost reply',
  'late call',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const IDLE: Worker = { at: 'idle', run: null, isCut: false, disk: [] };

/** The start is committed, and nothing of it is enqueued. */
export function startState(scenario: Scenario): State {
  const tracks = scenario.predecessors.map((before): Track => ({
    state: before.length === 0 ? 'PENDING' : 'WAITING',
    attempt: 1,
    runId: 0,
    isLeaseOver: false,
    left: before.length,
    isCancelRequested: false,
    isHurt: false,
    starts: Array.from({ length: scenario.maxAttempts + 1 }, () => 0),
    applied: Array.from({ length: scenario.maxAttempts + 1 }, () => 0),
  }));
  const roots = tracks.flatMap(({ state }, track) => (state === 'PENDING' ? [{ track, attempt: 1 }] : []));
  return {
    pipeline: 'RUNNING',
    tracks,
    queue: [],
    completions: [],
    lateReleases: [],
    workers: Array.from({ length: scenario.workers }, () => IDLE),
    orchestrators: Array.from({ length: scenario.orchestrators }, (_, index): Orchestrator => {
      const enqueue = index === 0 ? roots : [];
      return { at: index === 0 ? 'committed' : 'idle', completion: null, enqueue, seen: null };
    }),
    faultsLeft: scenario.faults,
    mayCancel: scenario.mayCancel,
    mayPause: scenario.mayPause,
  };
}

export function nameTrack(track: number): string {
  return 'ABC'[track] ?? String(track);
}

export function isLive({ pipeline }: Tables): boolean {
  return pipeline === 'RUNNING' || pipeline === 'PAUSED';
}

export function isEnded({ state }: Track): boolean {
  return state === 'SUCCEED' || state === 'FAILED' || state === 'CANCELLED';
}

export function isSameRun(a: Run, b: Run | null): boolean {
  return b !== null && a.track === b.track && a.attempt === b.attempt && a.runId === b.runId;
}

/** The claim that holds a track. */
export function holderOf(tables: Tables, track: number): Run {
  const { attempt, runId } = trackOf(tables, track);
  return { track, attempt, runId };
}

export function trackOf({ tracks }: Tables, track: number): Track {
  const found = tracks[track];
  if (found === undefined) throw new Error(`the model has no track ${track}`);
  return found;
}

/** A copy that may be changed: arrays that are read-only are shared, and replaced where they change. */
export function copyState(state: State): State {
  return {
    ...state,
    tracks: state.tracks.map(copyTrack),
    queue: [...state.queue],
    completions: [...state.completions],
    lateReleases: [...state.lateReleases],
    workers: state.workers.map((worker) => ({ ...worker, disk: [...worker.disk] })),
    orchestrators: [...state.orchestrators],
  };
}

export function copyTrack(track: Track): Track {
  return { ...track };
}

export function countUp(counts: readonly number[], at: number): number[] {
  return counts.map((count, index) => (index === at ? count + 1 : count));
}

/** Equal for states that differ only in what does not matter: the order of messages, and which process is which. */
export function keyOf(state: State): string {
  const workers = state.workers.map(codeOfWorker).sort().join();
  const orchestrators = state.orchestrators.map(codeOfOrchestrator).sort().join();
  const persons = (state.mayCancel ? 'c' : '') + (state.mayPause ? 'p' : '');
  const redis = `${codeOfAll(state.queue, codeOfEntry)}${codeOfAll(state.completions, codeOfCompletion)}`;
  const late = codeOfAll(state.lateReleases, codeOfRun);
  return `${codeOfTables(state)}|${redis}|${late}|${workers}|${orchestrators}|${state.faultsLeft}${persons}`;
}

export function codeOfWorker({ at, run, isCut, disk }: Worker): string {
  const code = run === null ? '' : codeOfRun(run);
  return `${WORKER_STEPS.indexOf(at)}${isCut ? 'x' : ''}${code}${codeOfAll(disk, codeOfCompletion)}`;
}

export function codeOfOrchestrator({ at, completion, enqueue, seen }: Orchestrator): string {
  const message = completion === null ? '' : codeOfCompletion(completion);
  return `${at[0]}${message}${codeOfAll(enqueue, codeOfEntry)}${seen === null ? '' : codeOfTables(seen)}`;
}

function codeOfTables({ pipeline, tracks }: Tables): string {
  let code = `${PIPELINE_STATES.indexOf(pipeline)}`;
  for (const track of tracks) {
    const flags =
      (track.isLeaseOver ? 1 : 0) + (track.isCancelRequested ? 2 : 0) + (track.isHurt ? 4 : 0) + track.left * 8;
    const counts = track.starts.join('') + track.applied.join('');
    code += `${TRACK_STATES.indexOf(track.state)}${track.attempt}${track.runId}.${flags}.${counts}`;
  }
  return code;
}

function codeOfAll<T>(items: readonly T[], code: (item: T) => string): string {
  if (items.length === 0) return '';
  if (items.length === 1) return `[${items.map(code)[0]}]`;
  return `[${items.map(code).sort().join('')}]`;
}

export const codeOfEntry = ({ track, attempt }: Entry): string => `${track}${attempt};`;
export const codeOfRun = ({ track, attempt, runId }: Run): string => `${track}${attempt}${runId};`;
export const codeOfCompletion = (one: Completion): string => `${codeOfRun(one)}${OUTCOMES.indexOf(one.outcome)}`;
