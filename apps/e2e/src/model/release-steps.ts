import { codeOfRun, type Run, type State, type Worker } from './flow-state.ts';
import { distinct, nameRun, remove, type Add, type Place } from './flow-moves.ts';
import { release, type Rules } from './flow-tables.ts';

/** What is granted and not started may be given back; from then on the worker waits for the answer. */
export function addReleaseSteps(worker: Worker, { rules, index, add }: Place): void {
  const { run, at } = worker;
  if (run === null || worker.isCut || !rules.scenario.mayRelease) return;
  const name = `worker ${index + 1}`;
  if (at === 'granted') {
    add(
      () => `${name} asks to give back ${nameRun(run)}`,
      (next) => void Object.assign(next.workers[index] ?? {}, { at: 'releasing' }),
    );
  }
  if (at !== 'releasing') return;
  add(
    () => `${nameRun(run)} is given back, and ${name} hears what became of it`,
    (next) => {
      const isKept = giveBack(next, run, rules) === 'kept';
      Object.assign(next.workers[index] ?? {}, isKept ? { at: 'granted' } : { at: 'idle', run: null });
    },
  );
}

/** Calls that nobody waits for any more arrive all the same. */
export function addLateReleases(state: State, rules: Rules, add: Add): void {
  for (const run of distinct(state.lateReleases, codeOfRun)) {
    add(
      () => `the late call that gives back ${nameRun(run)} arrives`,
      (next) => {
        remove(next.lateReleases, run, codeOfRun);
        giveBack(next, run, rules);
      },
    );
  }
}

/** In one step with the enqueueing, which may get lost like any entry. */
export function giveBack(next: State, run: Run, rules: Rules): ReturnType<typeof release> {
  const answer = release(next, run, rules);
  if (answer === 'released' && next.pipeline === 'RUNNING') next.queue.push({ track: run.track, attempt: run.attempt });
  return answer;
}
