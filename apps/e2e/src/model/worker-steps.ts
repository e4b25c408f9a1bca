import {
  codeOfEntry,
  countUp,
  holderOf,
  isSameRun,
  trackOf,
  type Entry,
  type Outcome,
  type Run,
  type State,
  type Worker,
} from './flow-state.ts';
import { distinct, nameRun, remove, type Add, type Place } from './flow-moves.ts';
import { claim, type Rules } from './flow-tables.ts';
import { addReleaseSteps } from './release-steps.ts';

const IDLE = { at: 'idle', run: null } as const;

export function addWorkerSteps(worker: Worker, place: Place): void {
  const { state, rules, index, add } = place;
  const name = `worker ${index + 1}`;
  const { run, at } = worker;
  if (at === 'down')
    return add(
      () => `${name} starts again`,
      (next) => setWorker(next, index, { at: 'idle' }),
    );
  if (!worker.isCut) addDiskSteps(worker, place, name);
  const ask = (next: State, asked: Run): string | null => {
    const { isGranted, broken } = claim(next, asked, rules);
    setWorker(next, index, isGranted ? { at: 'granted', run: asked } : IDLE);
    return broken;
  };
  if (at === 'running' && run !== null) return addEnds({ ...place, run, name });
  addReleaseSteps(worker, place);
  if (at === 'releasing' && rules.safeguards.releaseAwaitsAnswer) return;
  if ((at === 'granted' || at === 'releasing') && run !== null) return addStart(worker, { ...place, run, name });
  if (worker.isCut) return;
  if (run !== null)
    return add(
      () => `${name} asks for ${nameRun(run)} again`,
      (next) => ask(next, run),
    );
  for (const entry of distinct(state.queue, codeOfEntry)) {
    const asked = { ...entry, runId: freshRunId(state, entry) };
    add(
      () => `${name} takes an entry and claims ${nameRun(asked)}`,
      (next) => {
        remove(next.queue, entry, codeOfEntry);
        return ask(next, asked);
      },
    );
  }
}

function addStart(worker: Worker, { state, rules, index, add, run, name }: Place & { run: Run; name: string }): void {
  const track = trackOf(state, run.track);
  const isOver = track.state !== 'RUNNING' || track.attempt !== run.attempt || track.isLeaseOver;
  const { fence, claim: claims } = rules.safeguards;
  // By its own clock, which is ahead of MySQL's: the lease may be as good as over before it is. Unclaimed there is none.
  if (fence && claims && (isOver || worker.isCut)) {
    add(
      () => `${name} hears of ${nameRun(run)} too late to start it`,
      (next) => end(next, { rules, index }, 'lost'),
    );
    if (isOver) return;
  }
  add(
    () => `${name} starts ${nameRun(run)}`,
    (next) => {
      setWorker(next, index, { at: 'running' });
      return start(next, run, { rules, index });
    },
  );
}

/** @returns what the start breaks */
function start(next: State, run: Run, { rules, index }: Pick<Place, 'rules' | 'index'>): string | null {
  const track = trackOf(next, run.track);
  track.starts = countUp(track.starts, run.attempt);
  if ((track.starts[run.attempt] ?? 0) > 1) return 'one start an attempt';
  const before = rules.scenario.predecessors[run.track] ?? [];
  if (before.some((one) => trackOf(next, one).state !== 'SUCCEED')) return 'no start before all predecessors';
  const others = next.workers.filter((other, at) => at !== index && other.at === 'running');
  return others.some((other) => other.run?.track === run.track) ? 'one script of a track at a time' : null;
}

function addEnds({ state, rules, index, add, run, name }: Place & { run: Run; name: string }): void {
  for (const outcome of ['succeed', 'fail'] as const) {
    add(
      () => `the script of ${nameRun(run)} ends (${outcome})`,
      (next) => end(next, { rules, index }, outcome),
    );
  }
  const isCut = state.workers[index]?.isCut === true;
  const isHeld = isSameRun(run, holderOf(state, run.track)) && trackOf(state, run.track).state === 'RUNNING';
  if (isCut) {
    if (rules.safeguards.fence)
      add(
        () => `${name} kills ${nameRun(run)}: no renewal`,
        (next) => end(next, { rules, index }, 'lost'),
      );
  } else if (!isHeld) {
    add(
      () => `${name} hears that ${nameRun(run)} is not its own, and kills it`,
      (next) => end(next, { rules, index }, 'lost'),
    );
  } else if (trackOf(state, run.track).isCancelRequested) {
    add(
      () => `${name} hears of the cancel, and kills ${nameRun(run)}`,
      (next) => end(next, { rules, index }, 'cancelled'),
    );
  }
}

/** What is on the disk is sent, again where it got lost. */
function addDiskSteps({ disk }: Worker, { state, add }: Place, name: string): void {
  if (disk.length === 0) return;
  const underWay = [...state.completions, ...state.orchestrators.flatMap(({ completion }) => completion ?? [])];
  for (const completion of disk) {
    if (underWay.some((one) => isSameRun(one, completion))) continue;
    add(
      () => `${name} sends the end of ${nameRun(completion)}`,
      (next) => void next.completions.push(completion),
    );
  }
}

/** Who hears from the API that an attempt is over forgets its end. */
export function forgetApplied(next: State): void {
  for (const worker of next.workers) {
    if (worker.isCut || worker.at === 'down' || worker.disk.length === 0) continue;
    worker.disk = worker.disk.filter(({ track, attempt }) => (trackOf(next, track).applied[attempt] ?? 0) === 0);
  }
}

/** Leases end where nobody renews them; with the fence the script is dead by then (a promise about clocks, not a step). */
export function addLeaseSteps(state: State, { safeguards }: Rules, add: Add): void {
  state.tracks.forEach((track, index) => {
    if (track.state !== 'RUNNING' || track.isLeaseOver) return;
    const run = holderOf(state, index);
    const holder = state.workers.find((worker) => isSameRun(run, worker.run));
    const keeper = state.workers.find(({ disk }) => disk.some((one) => isSameRun(one, run)));
    if (holder?.at === 'running' && (!holder.isCut || safeguards.fence)) return;
    const renewer = holder ?? keeper;
    const isUnderWay = state.completions.some((one) => isSameRun(one, run));
    // The queue is quicker than a lease, unless nobody counts on that.
    if (isUnderWay && !track.isHurt && safeguards.leaseOutlivesScript) return;
    const renews = renewer !== undefined && renewer.at !== 'down' && !renewer.isCut;
    if (renews && (safeguards.leaseOutlivesScript || holder !== undefined)) return;
    add(
      () => `the lease of ${nameRun(run)} ends`,
      (next) => {
        trackOf(next, index).isLeaseOver = true;
      },
    );
  });
}

/** The script is over. With the spool its end is on the disk before anything else; without, it is sent once. */
function end(next: State, { rules, index }: Pick<Place, 'rules' | 'index'>, outcome: Outcome): void {
  const worker = next.workers[index];
  if (worker?.run == null) return;
  const kept = rules.safeguards.spool ? worker.disk : next.completions;
  kept.push({ ...worker.run, outcome });
  setWorker(next, index, IDLE);
}

function setWorker(next: State, index: number, change: Partial<Worker>): void {
  Object.assign(next.workers[index] ?? {}, change);
}

/** The smallest that nobody knows of: run ids are random, so all that matters is whether two are the same. */
function freshRunId(state: State, { track, attempt }: Entry): number {
  const known = [
    holderOf(state, track),
    ...state.completions,
    ...state.lateReleases,
    ...state.workers.flatMap(({ run, disk }) => [...(run === null ? [] : [run]), ...disk]),
    ...state.orchestrators.flatMap(({ completion }) => (completion === null ? [] : [completion])),
  ];
  for (let runId = 1; ; runId += 1) if (!known.some((one) => isSameRun(one, { track, attempt, runId }))) return runId;
}
