import { describeError } from './errors.ts';
import type { ManagedProcess, ProcessExit } from './managed-process.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Ends that are further apart than this do not count as in a row. */
const IN_A_ROW_MS = 60_000;
const LONGEST_ROW = 10;

/** Starts processes again that ended by themselves. */
export interface Keeper {
  /** To be called when a process ended by itself. */
  handleExit: (managed: ManagedProcess, exit: ProcessExit) => void;
  /** From now on nothing is started again. */
  close: () => void;
}

export interface KeeperOptions {
  /** Told what ended and what is done about it. */
  report: (line: string) => void;
  /** Called when a process runs again. */
  onRestarted: () => void;
}

/**
 * Makes a keeper. It waits 250 ms before it starts a process again, twice as long each time up to 10 s, and gives up after ten ends in a row.
 */
export function createKeeper({ report, onRestarted }: KeeperOptions): Keeper {
  const rows = new Map<ManagedProcess, { length: number; endedAt: number }>();
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;

  function schedule(managed: ManagedProcess, what: string): void {
    if (isClosed || !managed.isWanted) return;
    const length = countRow(managed);
    if (length > LONGEST_ROW) {
      report(`${managed.name} ${what} and is given up after ${LONGEST_ROW} times in a row. See ${managed.logPath}`);
      return;
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (length - 1), LONGEST_PAUSE_MS);
    report(`${managed.name} ${what}; it is started again in ${pauseMs} ms. See ${managed.logPath}`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      void startAgain(managed);
    }, pauseMs);
    timers.add(timer);
  }

  function countRow(managed: ManagedProcess): number {
    const row = rows.get(managed);
    const endedAt = performance.now();
    const length = row && endedAt - row.endedAt < IN_A_ROW_MS ? row.length + 1 : 1;
    rows.set(managed, { length, endedAt });
    return length;
  }

  async function startAgain(managed: ManagedProcess): Promise<void> {
    if (isClosed || !managed.isWanted) return;
    try {
      await managed.start();
      onRestarted();
    } catch (error) {
      schedule(managed, `could not be started again (${describeError(error).split('\n', 1)[0]})`);
    }
  }

  return {
    handleExit: (managed, exit) => schedule(managed, `ended by itself with ${exit.signal ?? `status ${exit.code}`}`),
    close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
