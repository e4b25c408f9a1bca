// A process that ends with its parent.
//
// Guarantee: when the parent ends, in whatever way (kill -9 included), the child gets SIGTERM within moments and can shut down cleanly.
// On Linux the kernel does it (setpriv --pdeathsig; the setting survives exec, and the pid is the program's own). Elsewhere a small
// watcher process does: it holds the reading end of a pipe from the parent, and the pipe ends when the parent does.
// The child is in a session of its own, so that Ctrl-C in a terminal reaches the parent only, which ends its children in the right order.
// Its output goes straight to a file: a child neither blocks nor fails when the parent is busy or gone.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface TiedProcessOptions {
  command: readonly string[];
  environment: Record<string, string>;
  workingDirectory: string;
  /** Gets standard output and error, appended. */
  logPath: string;
  /** What ends it after its parent; the kernel where it can, unless given. */
  endedBy?: 'kernel' | 'watcher';
}

// Terminates the process when standard input ends, and kills it when it is still there after 30 s.
const WATCHER_SCRIPT = `
const pid = Number(process.argv[1]);
const send = (signal) => { try { process.kill(pid, signal); } catch { process.exit(0); } };
process.stdin.resume().on('close', () => { send('SIGTERM'); setInterval(() => send(0), 100); setTimeout(() => { send('SIGKILL'); process.exit(0); }, 30000); });
`;

/** Starts a program that ends with this process. The caller listens to 'error' and 'exit'. */
export function startTiedProcess(options: TiedProcessOptions): ChildProcess {
  const endedBy = options.endedBy ?? (hasParentDeathSignal() ? 'kernel' : 'watcher');
  const words = endedBy === 'kernel' ? ['setpriv', '--pdeathsig', 'TERM', '--', ...options.command] : options.command;
  const [program = '', ...programArguments] = words;
  const log = openSync(options.logPath, 'a', 0o600);
  try {
    const child = spawn(program, programArguments, {
      cwd: options.workingDirectory,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (endedBy === 'watcher' && child.pid !== undefined) watchFor(child);
    return child;
  } finally {
    closeSync(log);
  }
}

let parentDeathSignal: boolean | undefined;

function hasParentDeathSignal(): boolean {
  parentDeathSignal ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', 'true']).status === 0;
  return parentDeathSignal;
}

function watchFor(child: ChildProcess): void {
  const watcher = spawn(process.execPath, ['-e', WATCHER_SCRIPT, String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  // When the child has ended by itself its number may be given to another process: the watcher must not outlive it.
  child.once('exit', () => watcher.kill('SIGKILL'));
}
