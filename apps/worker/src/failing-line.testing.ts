import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addLineNotes, readLineNote } from './failing-line.ts';

export const SHELLS = ['dash', 'bash'];

/** All that a script shows to others. */
interface Behaviour {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  files: Record<string, string>;
}

/** Runs scripts in an empty directory each; the script and its line file are beside it. */
export interface ScriptBench {
  lineFile: string;
  runScript: (shell: string, text: string) => Behaviour;
  /** @returns such as `2-3`, or null where it is not known */
  findFailingLines: (shell: string, script: string) => string | null;
  remove: () => void;
}

export function openScriptBench(): ScriptBench {
  const directory = mkdtempSync(join(tmpdir(), "baton-line's-"));
  const lineFile = join(directory, 'line');
  const runScript = (shell: string, text: string): Behaviour => runIn(directory, shell, text);
  return {
    lineFile,
    runScript,
    findFailingLines: (shell, script) => {
      rmSync(lineFile, { force: true });
      runScript(shell, addLineNotes({ script, shell }, lineFile));
      const range = readLineNote({ script, shell }, existsSync(lineFile) ? readFileSync(lineFile, 'utf8') : null);
      return range === null ? null : `${range.first}-${range.last}`;
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function runIn(directory: string, shell: string, text: string): Behaviour {
  const cwd = join(directory, 'work');
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd);
  writeFileSync(join(directory, 'script'), text);
  const result = spawnSync(shell, ['-e', join(directory, 'script')], {
    cwd,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10_000,
  });
  const files = readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')] as const);
  // bash names the process id of a child that a signal ended.
  const stderr = result.stderr.replaceAll(/(line \d+: +)\d+ /g, '$1PID ');
  return {
    status: result.status,
    signal: result.signal,
    stdout: result.stdout,
    stderr,
    files: Object.fromEntries(files),
  };
}
