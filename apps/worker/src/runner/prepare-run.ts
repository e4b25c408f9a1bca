import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WEIGH_SESSION } from './niceness.ts';
import type { Isolation, RunLimits, RunRequest } from './run-types.ts';
import type { Interpreter } from './resolve-interpreter.ts';

/** What is the same for all runs of a slot. */
export interface RunSite {
  path: string;
  limits: RunLimits;
  isolation: Isolation;
  /** Beginning of the cookies of this runner; used at the level 'process-group' only. */
  cookie: string;
  /** Of the sessions that scripts have at the level 'process-group' (niceness.ts). */
  niceness: number;
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
  if (request.inputs?.includes('\0') === true) return 'the inputs contain a NUL character, which no JSON has';
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

/** Longer ones go by way of a file: a shell that is not sure to be the only reader of its stdin reads it byte by byte. */
const MAX_STDIN_LENGTH = 4096;

/**
 * What a helper needs to run a script in a place: `<place>/home`, the script's own temporary directory, is there; beside it
 * the helper writes `script` and `inputs`. A text that is too long for its stdin goes into `<place>/start`.
 * @param mark what the helper ends the output with
 * @returns the text, and the file that was written for it and holds what is the run's own
 */
export async function prepareRun(
  request: RunRequest,
  { place, mark, site }: { place: string; mark: string; site: RunSite },
): Promise<{ text: string; file: string | null } | { problem: string }> {
  const problem = findRequestProblem(request);
  if (problem !== null) return { problem };
  const interpreter = await site.resolveInterpreter(request.script, request.shell);
  if ('problem' in interpreter) return interpreter;
  const session =
    site.isolation === 'process-group' ? ['setsid', '/bin/sh', '-c', composeExec(site.niceness), place] : [];
  const words = [...session, ...interpreter.words, join(place, 'script')];
  const start = composeStart(place, words, { request, site });
  const texts = `script=${quoteForShell(request.script)}\ninputs=${quoteForShell(request.inputs ?? '')}\n`;
  const body = `${texts}start() {\n${start}}\n`;
  const run = `run ${mark} ${quoteForShell(place)}`;
  if (body.length <= MAX_STDIN_LENGTH) return { text: `${body}${run} ''\n`, file: null };
  const file = join(place, 'start');
  try {
    await writeFile(file, body, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    return { problem: `the files of the run could not be made: ${(error as Error).message}` };
  }
  return { text: `. ${quoteForShell(file)}\n${run} start\n`, file };
}

/** Below setsid, whose own 126 or 127 nobody could tell from a script's: says, as the helper does, that nothing was started. */
function composeExec(niceness: number): string {
  const weigh = niceness === 0 ? '' : `${WEIGH_SESSION}weigh_session ${niceness}\n`;
  return `shopt -s execfail 2>/dev/null
trap ': >"$0/failed"' EXIT
${weigh}exec "$@"
exit 126`;
}

function composeStart(
  place: string,
  words: string[],
  { request, site }: { request: RunRequest; site: RunSite },
): string {
  const home = join(place, 'home');
  const environment: Record<string, string> = {
    PATH: site.path,
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...request.environment,
    BATON_NEXT: join(place, 'next'),
    BATON_OUTPUT: join(place, 'output'),
    ...(request.inputs === null ? {} : { BATON_INPUTS: join(place, 'inputs') }),
  };
  const lines = ['umask 077', `cd ${quoteForShell(home)} || exit`, 'unset OLDPWD', ...composeLimits(site.limits)];
  if (site.isolation === 'process-group') {
    environment['BATON_COOKIE'] = site.cookie;
    lines.push(
      'read -r group rest </proc/self/stat',
      `printf '%s\\n' "$group" >${quoteForShell(join(place, 'group'))}`,
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
