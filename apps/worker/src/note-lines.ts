import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addLineNotes, describeLineRange, readLineNote, type ScriptText } from './failing-line.ts';

/** A script that notes where it is, for one run. */
export interface NotedScript {
  /** What to run instead of the script. */
  script: string;
  /** Where the script was when it ended, such as `line 3: test "$sum" = good`; null where that is not known. */
  findLine(): Promise<string | null>;
  /** Removes the notes. */
  discard(): Promise<void>;
}

/** @param directory of the worker, for the notes of its runs */
export function noteLines(source: ScriptText, directory: string, runId: string): NotedScript {
  const lineFile = join(directory, runId);
  const script = addLineNotes(source, lineFile);
  const isNoted = script !== source.script;
  return {
    script,
    async findLine() {
      const note = isNoted ? await readFile(lineFile, 'utf8').catch(() => null) : null; // it may have noted nothing
      const range = readLineNote(source, note);
      return range === null ? null : describeLineRange(range, source.script);
    },
    async discard() {
      if (isNoted) await rm(lineFile, { force: true });
    },
  };
}
