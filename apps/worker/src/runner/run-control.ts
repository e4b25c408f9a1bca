import type { Helper } from './helper.ts';
import type { RunRequest, Survivor } from './run-types.ts';

/** What may end a run early: its own timeout, a cancel, or the runner itself. One object a run, from request to result. */
export interface RunControl {
  isCancelled(): boolean;
  isTimedOut(): boolean;
  /** True once KILL was sent, so the helper's end is no surprise. */
  isKilled(): boolean;
  cancel(): void;
  /** A cancel without TERM and grace. */
  cancelAtOnce(): void;
  /** Ends the script at once, without TERM; says nothing about why. */
  kill(): void;
  /** The script is about to start: from now on the above reach it. `onSurvivors`: see RunRequest. */
  attach(helper: Helper, runDirectory: string, onSurvivors: (survivors: Survivor[]) => void): void;
  /** The script has ended: from now on nothing reaches anything, and the flags keep their values. */
  detach(): void;
}

/** The longest time that a timer takes; later is as good as never (24 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A process that the kernel cannot end so soon waits for a disk or a device, and may do so for long. */
const KILL_PATIENCE_MS = 3000;

interface Target {
  helper: Helper;
  directory: string;
  onSurvivors: (survivors: Survivor[]) => void;
}

/** A run that ends meanwhile has none: nobody is told of them afterwards. */
async function tellSurvivors(current: () => Target | null): Promise<void> {
  const survivors = (await current()?.helper.listSurvivors()) ?? [];
  if (survivors.length > 0) current()?.onSurvivors(survivors);
}

/** TERM, grace, KILL. `onFailure` takes an error of the system calls, which then counts as a reason to kill. */
export function createRunControl(
  request: Pick<RunRequest, 'timeoutMs' | 'graceMs'>,
  onFailure: (error: unknown) => void,
): RunControl {
  let target: Target | null = null;
  let isCancelled = false;
  let isTimedOut = false;
  let isKilled = false;
  let isTerminated = false;
  const timers: NodeJS.Timeout[] = [];

  const wait = (timeMs: number, then: () => void): void => {
    timers.push(setTimeout(then, Math.min(Math.max(timeMs, 0), MAX_TIMER_MS)));
  };
  const kill = (): void => {
    if (target === null) return;
    if (!isKilled) wait(KILL_PATIENCE_MS, () => void tellSurvivors(() => target).catch(onFailure));
    isKilled = true;
    target.helper.kill(target.directory).catch(onFailure);
  };
  const terminate = (): void => {
    if (target === null || isTerminated) return;
    isTerminated = true;
    target.helper.terminate(target.directory).catch(onFailure);
    wait(request.graceMs, kill);
  };
  /** After a timeout the run is ending already, and stays one that timed out. */
  const noteCancel = (): boolean => {
    if (isTimedOut || (target === null && isTerminated)) return false;
    isCancelled = true;
    return true;
  };
  return {
    isCancelled: () => isCancelled,
    isTimedOut: () => isTimedOut,
    isKilled: () => isKilled,
    cancel() {
      if (noteCancel()) terminate();
    },
    cancelAtOnce() {
      noteCancel();
      kill();
    },
    kill,
    attach(helper, directory, onSurvivors) {
      target = { helper, directory, onSurvivors };
      if (request.timeoutMs === null) return;
      wait(request.timeoutMs, () => {
        if (isCancelled) return;
        isTimedOut = true;
        terminate();
      });
    },
    detach() {
      target = null;
      isTerminated = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
