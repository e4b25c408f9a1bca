import { constants } from 'node:os';
import { join } from 'node:path';
import { MAX_OUTPUT_FILE_BYTES } from '@baton/domain';
import { readHandedOver } from './read-handed-over.ts';
import type { RunResult } from './run-types.ts';

const MAX_NEXT_BYTES = 64 * 1024;

export interface Answer extends Partial<RunResult> {
  /** The script left something in its place, apart from what it hands over. */
  isLeft: boolean;
  /** In which it handed something over. */
  files: string[];
}

/**
 * The helper's answer: the status as the shell saw it, and flags for what it found. See helper-script.ts.
 * @param place where the run was
 * @param lastLine of the output: there a shell says why it could not start the script
 */
export async function readAnswer(answer: string, place: string, lastLine: string): Promise<Answer> {
  const [status = '', ...flags] = answer.split(' ');
  const [nextFile, outputFile] = [join(place, 'next'), join(place, 'output')];
  const isLeft = flags.includes('left');
  const files = [...(flags.includes('next') ? [nextFile] : []), ...(flags.includes('output') ? [outputFile] : [])];
  if (status === 'refused' || flags.includes('failed')) {
    return {
      isLeft,
      files,
      spawnError: `the script could not be started: ${lastLine || 'nothing says why'} (shell status ${status})`,
    };
  }
  const code = Number(status);
  const signal = code > 128 && flags.includes('signal') ? nameSignal(code - 128) : null;
  const next = await readFlagged(flags.includes('next'), nextFile, {
    name: '$BATON_NEXT',
    maxBytes: MAX_NEXT_BYTES,
  });
  const output = await readFlagged(flags.includes('output'), outputFile, {
    name: '$BATON_OUTPUT',
    maxBytes: MAX_OUTPUT_FILE_BYTES,
  });
  return {
    isLeft,
    files,
    exitCode: signal === null ? code : null,
    signal,
    spawnError: next.problem,
    next: next.bytes?.toString('utf8') ?? null,
    output: output.bytes,
    outputProblem: output.problem,
  };
}

async function readFlagged(
  isThere: boolean,
  file: string,
  limits: { name: string; maxBytes: number },
): Promise<{ bytes: Buffer | null; problem: string | null }> {
  if (!isThere) return { bytes: null, problem: null };
  const read = await readHandedOver(file, limits);
  return 'bytes' in read ? { bytes: read.bytes, problem: null } : { bytes: null, problem: read.problem };
}

function nameSignal(number: number): string {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry === undefined ? String(number) : entry[0].replace(/^SIG/, '');
}
