import { readFile } from 'node:fs/promises';

/**
 * What the scripts themselves wrote: the only witnesses of what ran. Each script appends a line at its start and one at its
 * end, each with a single write to a file opened for appending, so the order of lines is the order of events.
 */
export interface JournalEntry {
  kind: 'START' | 'END';
  pipelineId: number;
  vertex: string;
  attempt: number;
  runId: string;
  /** As the script sees it: inside its own namespace where it has one. */
  pid: number;
  /** Of this host's clock, ms since 1970. */
  atMs: number;
}

const FIELDS = '$BATON_PIPELINE_ID $BATON_VERTEX $BATON_ATTEMPT $BATON_RUN_ID $$ $(date +%s%N)';
const FORM = /^(START|END) (\d+) (.+) (\d+) (\S+) (\d+) (\d+)$/;
const NANOSECONDS_IN_MS = 1e6;

/** A line of a script that writes to the journal. */
export function journalLine(kind: JournalEntry['kind'], journalPath: string): string {
  return `printf '%s\\n' "${kind} ${FIELDS}" >> '${journalPath}'`;
}

/** @returns whether this script says at its end that it came there, unless it fails before */
export function writesJournal(script: string): boolean {
  return script.includes(`"END ${FIELDS}"`);
}

/** A script that writes that it started, does these lines, and writes that it ended; a failing line ends it before. */
export function journalScript(journalPath: string, { lines = 'true' }: { lines?: string } = {}): string {
  return [journalLine('START', journalPath), lines, journalLine('END', journalPath)].join('\n');
}

/** @throws Error for a line that no script of ours wrote */
export function parseJournal(text: string): JournalEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, kind, pipelineId, vertex, attempt, runId, pid, nanoseconds] = FORM.exec(line) ?? [];
      if ((kind !== 'START' && kind !== 'END') || vertex === undefined || runId === undefined) {
        throw new Error(`not a journal line: ${line}`);
      }
      return {
        kind,
        vertex,
        runId,
        pipelineId: Number(pipelineId),
        attempt: Number(attempt),
        pid: Number(pid),
        atMs: Number(nanoseconds) / NANOSECONDS_IN_MS,
      };
    });
}

/** @returns nothing where no script has written yet */
export async function readJournal(journalPath: string): Promise<JournalEntry[]> {
  return parseJournal(await readFile(journalPath, { encoding: 'utf8', flag: 'a+' }));
}
