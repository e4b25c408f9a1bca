import { randomUUID } from 'node:crypto';
import { close, constants, open } from 'node:fs';
import { rm, unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAnswerReader, type AnswerReader } from './answer-reader.ts';
import { HELPER_SCRIPT, SWEEP_SCRIPT } from './helper-script.ts';
import { composeKeeper } from './keeper-script.ts';
import { composeNice } from './niceness.ts';
import { findInnerPid, listBelow, readGroup, sendSignal, waitUntilGone } from './process-tree.ts';
import type { Isolation, Survivor } from './run-types.ts';
import { startProgram, type Program, type ProgramEnd } from './start-program.ts';

const openDescriptor = promisify(open);
const closeDescriptor = promisify(close);

export interface HelperOptions {
  isolation: Isolation;
  /** Where the pipe of the output is made; it has no name any more once the helper runs. */
  directory: string;
  path: string;
  cookie: string;
  /** Added to the worker's own niceness, 0 to 19, for the helper and all that it starts (niceness.ts). */
  niceness: number;
}

export interface Helper {
  /** The process to kill when the worker is silent. */
  readonly pid: number;
  hasEnded(): boolean;
  /** Hands the shell text of a run over; resolves with the helper's answer, or with null when it ended without one. */
  handOver(text: string): Promise<string | null>;
  /** The next bytes of the slot's output pipe; null when nobody can write to it any more. */
  readOutput(): Promise<Buffer | null>;
  /** TERM to the script's process group. */
  terminate(place: string): Promise<void>;
  /** KILL to the helper, so that the kernel ends the namespace. Safe to repeat. */
  kill(place: string | null): Promise<void>;
  /** What is alive of the run, once it was killed. */
  listSurvivors(): Promise<Survivor[]>;
  /** Closes this side of the output pipe; to be called once the helper has ended and its output was read. */
  dispose(): void;
  /** Resolves when the helper has ended and nothing that it started is alive. */
  readonly gone: Promise<ProgramEnd>;
}

const START_TIMEOUT_MS = 15_000;
const DRAIN_MS = 2_000;
const SURVIVOR_MS = 200;

/**
 * Starts the helper shell of a slot and waits until it is ready. Throws, with what the system said, where this level of
 * isolation is not permitted.
 *
 * Output goes through a named pipe and not through Node's own, because Node's are sockets: a script could not open
 * /dev/stdout or /dev/stderr on them. Both ends are held open here until the helper is ready, so
 * neither side waits for the other, and from then on the pipe ends when its last writer does.
 */
export async function startHelper(options: HelperOptions): Promise<Helper> {
  const files = join(options.directory, `helper-${randomUUID()}`);
  const pipe = `${files}.pipe`;
  const environment = { PATH: options.path };
  const made = await startProgram({ command: ['mkfifo', '-m', '600', pipe], environment }).ended;
  if (made.exitCode !== 0) throw new Error(`mkfifo of the output pipe failed: ${made.message}`);
  const readEnd = await openDescriptor(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = await openDescriptor(pipe, constants.O_WRONLY);
  const program = startProgram({ command: composeCommand(options, files), environment });
  program.stdin.write(HELPER_SCRIPT);
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const answers = createAnswerReader(program);
  const first = await withTimeout(Promise.race([answers.next(), program.ended]), START_TIMEOUT_MS);
  await Promise.all([closeDescriptor(writeEnd), unlink(pipe)]);
  const pid = program.pid;
  const innerPid = first === 'ready' && pid !== undefined ? await findInnerPid(pid) : null;
  if (pid === undefined || innerPid === null) {
    if (pid !== undefined) sendSignal(-pid, 'SIGKILL');
    const end = await program.ended;
    socket.destroy();
    throw new Error(`a helper could not be started (${options.isolation}): ${end.message || describeEnd(end)}`);
  }
  return assembleHelper({ options, files, program, pid, innerPid, socket, answers });
}

interface HelperParts {
  options: HelperOptions;
  /** Path of the helper's own files, without their endings. */
  files: string;
  program: Program;
  pid: number;
  innerPid: number;
  socket: Socket;
  answers: AnswerReader;
}

function assembleHelper({ options, files, program, pid, innerPid, socket, answers }: HelperParts): Helper {
  const isGroupLevel = options.isolation === 'process-group';
  const iterator = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let hasEnded = false;
  const gone = program.ended.then(async (end) => {
    hasEnded = true;
    await rm(`${files}.died`, { force: true });
    if (isGroupLevel) {
      await sweepGroupLevel(options);
      // What escaped the sweep can still hold the pipe, and must not hold up the run's end (RELIABILITY.md R17).
      setTimeout(() => socket.destroy(), DRAIN_MS).unref();
    } else {
      await waitUntilGone(innerPid);
    }
    return end;
  });
  return {
    // At the level 'process-group' the outer one has to outlive the inner one, to end what that leaves.
    pid: isGroupLevel ? innerPid : pid,
    gone,
    hasEnded: () => hasEnded,
    async handOver(text) {
      program.stdin.write(text);
      return answers.next();
    },
    async readOutput() {
      try {
        const { value, done } = await iterator.next();
        return done === true ? null : value;
      } catch (error) {
        // The drain above ended the stream early: what was in it has been read.
        if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return null;
        throw error;
      }
    },
    async listSurvivors() {
      const seen = await listBelow(pid, [innerPid]);
      // Twice: what the keeper itself starts to look for them is gone by then.
      await new Promise((resolve) => setTimeout(resolve, SURVIVOR_MS));
      const still = new Set((await listBelow(pid, [innerPid])).map((one) => one.pid));
      return seen.filter((one) => still.has(one.pid));
    },
    dispose: () => void socket.destroy(),
    async terminate(place) {
      const group = isGroupLevel ? await readGroup(place) : pid;
      if (group !== null && !hasEnded) sendSignal(-group, 'SIGTERM');
    },
    async kill(place) {
      if (hasEnded) return;
      // At the level 'process-group' a script that is being started is still in the helper's group, and must not go on.
      sendSignal(isGroupLevel ? -innerPid : innerPid, 'SIGKILL');
      if (!isGroupLevel || place === null) return;
      const group = await readGroup(place);
      if (group !== null) sendSignal(-group, 'SIGKILL');
    },
  };
}

function composeCommand(options: HelperOptions, files: string): [string, ...string[]] {
  const words = [options.isolation, options.cookie, files, String(options.niceness)];
  const helper = [...composeNice(options.niceness), '/bin/sh', '-s', ...words];
  const tie = ['setpriv', '--pdeathsig', 'KILL'] as const;
  const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  switch (options.isolation) {
    case 'pid-namespace':
      return [...tie, ...namespace, ...helper];
    case 'user-namespace':
      return [...tie, ...namespace, '--user', '--map-current-user', ...helper];
    case 'process-group':
      return composeKeeper(helper);
  }
}

async function sweepGroupLevel(options: HelperOptions): Promise<void> {
  const environment = { PATH: options.path };
  await startProgram({ command: ['/bin/sh', '-c', SWEEP_SCRIPT, 'sweep', options.cookie], environment }).ended;
}

export function describeEnd(end: ProgramEnd): string {
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  return end.message === '' ? how : `${how}, ${end.message}`;
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
