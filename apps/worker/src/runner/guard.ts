import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { GUARD_SCRIPT } from './helper-script.ts';
import { startProgram, type Program } from './start-program.ts';

export interface GuardOptions {
  directory: string;
  timeoutMs: number;
  path: string;
  /** Beginning of the cookies at the level 'process-group'; '' in namespaces. */
  cookie: string;
  /** Told when a guard ended by itself; `hasFired`: it ended the helpers first. */
  onEnded(hasFired: boolean, detail: string): void;
}

export interface Guard {
  /** Names the guard that watches now; to be remembered when a run starts. */
  generation(): number;
  watch(pid: number): void;
  unwatch(pid: number): void;
  /** Whether the guard that watched at `generation` has ended the helpers. */
  hasFired(generation: number): Promise<boolean>;
  stop(): Promise<void>;
}

const BEATS_A_TIMEOUT = 5;
/** So that a guard that cannot live does not make the worker start guards without a pause. */
const REPLACE_DELAY_MS = 50;

/**
 * A worker that is frozen, or whose event loop is stuck, cannot see that its leases end. The guard is a shell outside of
 * it, fed by a timer through a pipe: when the beats stop it kills the helpers, and the namespaces end with them. It fires
 * too when the pipe ends, so a worker killed with KILL leaves nothing behind even where namespaces are missing. A guard
 * that died is replaced; in the moment between, a frozen worker is not watched.
 */
export function startGuard(options: GuardOptions): Guard {
  const watched = new Set<number>();
  let generation = 0;
  let isStopping = false;
  let program = start();

  function start(): Program {
    generation += 1;
    const own = generation;
    const started = startProgram(describeProgram(options, own, watched));
    void started.ended.then(async (end) => {
      if (isStopping) return;
      options.onEnded(await hasFired(options.directory, own), end.message);
      setTimeout(replace, REPLACE_DELAY_MS).unref();
    });
    return started;
  }

  function replace(): void {
    if (isStopping) return;
    program = start();
    beat();
  }

  function beat(): void {
    program.stdin.write(`${[...watched].join(' ')}\n`);
  }

  const timer = setInterval(beat, options.timeoutMs / BEATS_A_TIMEOUT).unref();
  return {
    generation: () => generation,
    watch(pid) {
      watched.add(pid);
      beat();
    },
    unwatch(pid) {
      watched.delete(pid);
      beat();
    },
    hasFired: (ofGeneration) => hasFired(options.directory, ofGeneration),
    async stop() {
      isStopping = true;
      clearInterval(timer);
      watched.clear();
      beat();
      program.stdin.end();
      await program.ended;
    },
  };
}

/** It knows from its start whom to watch: the worker may freeze before its first beat. */
function describeProgram(
  options: GuardOptions,
  generation: number,
  watched: ReadonlySet<number>,
): Parameters<typeof startProgram>[0] {
  const seconds = String(options.timeoutMs / 1000);
  const fired = firedFile(options.directory, generation);
  return {
    command: [
      '/bin/sh',
      '-c',
      GUARD_SCRIPT,
      'guard',
      seconds,
      fired,
      '/bin/sh',
      options.cookie,
      [...watched].join(' '),
    ],
    environment: { PATH: options.path },
  };
}

function firedFile(directory: string, generation: number): string {
  return join(directory, `guard-fired-${generation}`);
}

async function hasFired(directory: string, generation: number): Promise<boolean> {
  try {
    await access(firedFile(directory, generation));
    return true;
  } catch (error) {
    // The guard makes this file before it kills, so no file means that it was not the guard.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
