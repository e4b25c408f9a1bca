import type { Step } from './explore.ts';
import {
  codeOfWorker,
  copyState,
  holderOf,
  isSameRun,
  nameTrack,
  trackOf,
  type FaultKind,
  type State,
  type Worker,
} from './flow-state.ts';
import { nameRun } from './flow-moves.ts';
import type { Rules } from './flow-tables.ts';
import { giveBack } from './release-steps.ts';

/** What goes wrong, each as one step, as long as there are faults left; and what mends itself. */
export function faultSteps(state: State, rules: Rules): Step<State>[] {
  const steps: Step<State>[] = [];
  const { scenario } = rules;
  const fault = (kind: FaultKind, what: () => string, change: (next: State) => void): void => {
    if (state.faultsLeft === 0 || !scenario.kinds.includes(kind)) return;
    const to = copyState(state);
    to.faultsLeft -= 1;
    change(to);
    steps.push({ describe: () => `FAULT: ${what()}`, isOptional: true, broken: null, to });
  };
  addQueueFaults(state, fault);
  state.workers.forEach((worker, index) => {
    if (state.workers.findIndex((other) => codeOfWorker(other) === codeOfWorker(worker)) !== index) return;
    addWorkerFaults(worker, { index, fault });
    addReleaseFaults(worker, { rules, index, fault });
    if (!worker.isCut) return;
    const to = copyState(state);
    Object.assign(to.workers[index] ?? {}, { isCut: false });
    const describe = (): string => `worker ${index + 1} and the API hear each other again`;
    steps.push({ describe, isOptional: false, broken: null, to });
  });
  state.orchestrators.forEach((orchestrator, index) => {
    if (orchestrator.at === 'idle') return; // there is nothing that it could forget
    fault(
      'orchestrator crash',
      () => `process ${index + 1} dies after its commit, before it enqueues`,
      (next) => {
        next.orchestrators[index] = { at: 'idle', completion: null, enqueue: [], seen: null };
        if (orchestrator.completion !== null) next.completions.push(orchestrator.completion);
      },
    );
  });
  return steps;
}

type Fault = (kind: FaultKind, what: () => string, change: (next: State) => void) => void;

function addQueueFaults(state: State, fault: Fault): void {
  state.queue.forEach((entry, index) => {
    const name = `the queue entry of ${nameTrack(entry.track)}#${entry.attempt}`;
    fault(
      'duplicate',
      () => `${name} is there twice`,
      (next) => void next.queue.push(entry),
    );
    fault(
      'drop',
      () => `${name} is lost`,
      (next) => void next.queue.splice(index, 1),
    );
  });
  state.completions.forEach((completion, index) => {
    const name = `the end of ${nameTrack(completion.track)}#${completion.attempt}`;
    fault(
      'duplicate',
      () => `${name} is in the queue twice`,
      (next) => void next.completions.push(completion),
    );
    fault(
      'drop',
      () => `${name} is lost on its way`,
      (next) => void next.completions.splice(index, 1),
    );
  });
  if (state.queue.length + state.completions.length === 0) return;
  fault(
    'flush',
    () => 'Redis is emptied',
    (next) => Object.assign(next, { queue: [], completions: [] }),
  );
}

function addWorkerFaults(worker: Worker, place: { index: number; fault: Fault }): void {
  const { index, fault } = place;
  const name = `worker ${index + 1}`;
  if (worker.at === 'down') return;
  if (worker.at !== 'idle' || worker.disk.length > 0) {
    fault(
      'worker crash',
      () => `${name} is killed, and its script with it`,
      (next) => {
        hurt(next, worker);
        Object.assign(next.workers[index] ?? {}, { at: 'down', run: null });
      },
    );
  }
  if (!worker.isCut) {
    fault(
      'cut',
      () => `${name} and the API do not hear each other any more`,
      (next) => {
        hurt(next, worker);
        Object.assign(next.workers[index] ?? {}, { isCut: true });
      },
    );
  }
  if (worker.at === 'granted') {
    fault(
      'lost reply',
      () => `the answer to ${name} is lost`,
      (next) => {
        Object.assign(next.workers[index] ?? {}, { at: 'asking' });
      },
    );
  }
}

/** Either way the worker asks again: the reply is lost, or the call itself is still on its way. */
function addReleaseFaults({ at, run }: Worker, place: { rules: Rules; index: number; fault: Fault }): void {
  const { rules, index, fault } = place;
  if (at !== 'releasing' || run === null) return;
  fault(
    'lost reply',
    () => `${nameRun(run)} is given back, and worker ${index + 1} does not hear of it`,
    (next) => void giveBack(next, run, rules),
  );
  fault(
    'late call',
    () => `the call of worker ${index + 1} that gives back ${nameRun(run)} is late`,
    (next) => void next.lateReleases.push(run),
  );
}

/** Only what a worker that died or was cut off had may be lost. */
function hurt(next: State, { run, disk }: Worker): void {
  for (const one of run === null ? disk : [run, ...disk]) {
    if (isSameRun(one, holderOf(next, one.track))) trackOf(next, one.track).isHurt = true;
  }
}
