import { readdir, readFile } from 'node:fs/promises';
import { readJournal } from './journal.ts';

const COOKIE = 'BATON_RUN_ID=';

/**
 * Looks at every process of this host for one that a script of this journal left: each has its run id in its environment.
 * @returns the run ids
 */
export async function findLiveRuns(journalPath: string): Promise<string[]> {
  const own = new Set((await readJournal(journalPath)).map(({ runId }) => runId));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = new Set<string>();
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''); // it has ended, or is not ours
    const runId = environment
      .split('\0')
      .find((entry) => entry.startsWith(COOKIE))
      ?.slice(COOKIE.length);
    if (runId !== undefined && own.has(runId)) found.add(runId);
  }
  return [...found];
}
