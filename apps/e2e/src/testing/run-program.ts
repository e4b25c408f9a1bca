import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ProcessKind } from '@baton/devstack';
import { ROOT } from '../read-sources.ts';

/** How a program's start went. */
export interface ProgramStart {
  /** Null: it was ready, and was ended then. */
  status: number | null;
  /** All that it wrote. */
  text: string;
  isReady: boolean;
  /** Its log lines. */
  lines: Record<string, unknown>[];
}

const START_TIMEOUT_MS = 60_000;

/**
 * Starts a built program as an operator would, and ends it as soon as it says that it is ready.
 * @param environment nothing else is inherited but PATH
 * @throws Error where it is neither ready nor over within a minute
 */
export function runProgram(kind: ProcessKind, environment: Record<string, string>): Promise<ProgramStart> {
  const program = spawn(process.execPath, [join(ROOT, 'apps', kind, 'dist/main.js')], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    let isReady = false;
    const timer = setTimeout(() => {
      program.kill('SIGKILL');
      reject(new Error(`${kind} is neither ready nor over within ${START_TIMEOUT_MS} ms:\n${text}`));
    }, START_TIMEOUT_MS);
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (isReady || !text.includes('"event":"ready"')) return;
      isReady = true;
      program.kill('SIGTERM');
    };
    program.stdout.on('data', hear);
    program.stderr.on('data', hear);
    program.once('error', reject);
    program.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status: isReady ? null : status, text, isReady, lines: parseLines(text) });
    });
  });
}

function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
