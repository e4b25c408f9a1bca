import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isolation, RunLimits, RunRequest } from './run-types.ts';
import type { Interpreter } from './resolve-interpreter.ts';

export interface RunPlace {
  /** Directory that holds the folders of all runs. */
  runsDirectory: string;
  path: string;
  limits: RunLimits;
  isolation: Isolation;
  /** Beginning of the cookies of this runner; used at the level 'process-group' only. */
  cookie: string;
  resolveInterpreter(script: string, shell: string | null): Promise<Interpreter>;
}

/** Names that a run may bring along; what a shell, a linker or an interpreter obeys (PATH, BASH_ENV, LD_...) is not among them. */
const ENVIRONMENT_NAME = /^(?:PARAM|OUTPUT|BATON)_[A-Za-z0-9_]+$/;
const OWN_NAMES = new Set(['BATON_NEXT', 'BATON_OUTPUT', 'BATON_INPUTS', 'BATON_COOKIE']);
const RUN_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** Linux takes no single string over 128 KiB (MAX_ARG_STRLEN), NAME= and the closing NUL included. */
const MAX_VARIABLE_BYTES = 128 * 1024;
/** Of all strings together Linux takes a quarter of the stack limit, 2 MiB by default; pointers and arguments count too. */
const MAX_ENVIRONMENT_BYTES = 1_900_000;

/** Says why a request cannot run, or null. All that comes from outside is judged here, before anything is written. */
function findRequestProblem(request: RunRequest): string | null {
  if (!RUN_ID.test(request.runId))
    return `the run id must match ${RUN_ID.source}, found ${JSON.stringify(request.runId)}`;
  if (request.script.includes('\0')) return 'the script contains a NUL character, which no shell takes';
  let totalBytes = 0;
  for (const [name, value] of Object.entries(request.environment)) {
    if (!ENVIRONMENT_NAME.test(name)) {
      return `the environment variable ${JSON.stringify(name)} is not allowed: expected PARAM_, OUTPUT_ or BATON_ and letters, digits, "_"`;
    }
    if (OWN_NAMES.has(name)) return `the environment variable ${name} is set by the runner itself`;
    if (value.includes('\0')) return `the value of ${name} contains a NUL character, which no environment takes`;
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (bytes > MAX_VARIABLE_BYTES) {
      return `the value of ${name} is too long: ${bytes} bytes with its name, the system takes ${MAX_VARIABLE_BYTES} (E2BIG)`;
    }
    totalBytes += bytes + 8;
  }
  if (totalBytes <= MAX_ENVIRONMENT_BYTES) return null;
  return `the environment is too long: ${totalBytes} bytes, at most ${MAX_ENVIRONMENT_BYTES} are allowed (E2BIG)`;
}

/**
 * Makes what a run needs below `runsDirectory`: the folder `<run id>`, the script's own temporary directory, and beside it
 * `<run id>.script`, `<run id>.inputs` and `<run id>.start` (read by the helper's subshell: limits, environment, exec). Returns the folder,
 * or why the script cannot be started. Whenever `directory` is returned the caller removes it all.
 */
export async function prepareRun(
  request: RunRequest,
  place: RunPlace,
): Promise<{ directory: string } | { directory?: string; problem: string }> {
  const problem = findRequestProblem(request);
  if (problem !== null) return { problem };
  const interpreter = await place.resolveInterpreter(request.script, request.shell);
  if ('problem' in interpreter) return interpreter;
  const directory = join(place.runsDirectory, request.runId);
  const script = `${directory}.script`;
  const session = place.isolation === 'process-group' ? ['setsid', '/bin/sh', '-c', EXEC_SCRIPT, directory] : [];
  const words = [...session, ...interpreter.words, script];
  const start = composeStart(directory, words, { request, place });
  const made = await Promise.allSettled([
    mkdir(directory, { mode: 0o700 }),
    writeFile(script, request.script, { mode: 0o600, flag: 'wx' }),
    writeFile(`${directory}.start`, start, { mode: 0o600, flag: 'wx' }),
    ...(request.inputs === null ? [] : [writeFile(`${directory}.inputs`, request.inputs, { mode: 0o600, flag: 'wx' })]),
  ]);
  const failures = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as NodeJS.ErrnoException] : []));
  const [failure] = failures;
  if (failure === undefined) return { directory };
  const reason = `the files of the run could not be made: ${failure.message}`;
  // What exists already belongs to another run of this id, and is not to be removed.
  return failures.some(({ code }) => code === 'EEXIST') ? { problem: reason } : { directory, problem: reason };
}

/** Below setsid, whose own 126 or 127 nobody could tell from a script's: says, as the helper does, that nothing was started. */
const EXEC_SCRIPT = `shopt -s execfail 2>/dev/null
trap ': >"$0.failed"' EXIT
exec "$@"
exit 126`;

function composeStart(
  directory: string,
  words: string[],
  { request, place }: { request: RunRequest; place: RunPlace },
): string {
  const environment: Record<string, string> = {
    PATH: place.path,
    HOME: directory,
    TMPDIR: directory,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...request.environment,
    BATON_NEXT: `${directory}.next`,
    BATON_OUTPUT: `${directory}.output`,
    ...(request.inputs === null ? {} : { BATON_INPUTS: `${directory}.inputs` }),
  };
  const lines = ['umask 077', `cd ${quoteForShell(directory)} || exit`, 'unset OLDPWD', ...composeLimits(place.limits)];
  if (place.isolation === 'process-group') {
    environment['BATON_COOKIE'] = place.cookie;
    lines.push(
      'read -r group rest </proc/self/stat',
      `printf '%s\\n' "$group" >${quoteForShell(`${directory}.group`)}`,
    );
  }
  for (const [name, value] of Object.entries(environment)) lines.push(`export ${name}=${quoteForShell(value)}`);
  lines.push(`exec ${words.map(quoteForShell).join(' ')}`);
  return `${lines.join('\n')}\n`;
}

/** dash takes -p for processes, bash -u; -f counts blocks of 512 bytes, -v KiB. */
function composeLimits(limits: RunLimits): string[] {
  const lines = ['ulimit -c 0'];
  if (limits.openFiles !== undefined) lines.push(`ulimit -n ${limits.openFiles} || exit`);
  if (limits.processes !== undefined) {
    lines.push(`ulimit -p ${limits.processes} 2>/dev/null || ulimit -u ${limits.processes} || exit`);
  }
  if (limits.fileSizeBytes !== undefined) lines.push(`ulimit -f ${Math.ceil(limits.fileSizeBytes / 512)} || exit`);
  if (limits.memoryBytes !== undefined) lines.push(`ulimit -v ${Math.ceil(limits.memoryBytes / 1024)} || exit`);
  return lines;
}

/** Single quotes: within them a shell gives no character a meaning, so every value but NUL comes out as it went in. */
function quoteForShell(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
