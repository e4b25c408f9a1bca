import { findLastLine, runsPipeline } from '@baton/database';
import type { Blocker } from './why-blockers.ts';
import type { WhySubject } from './why-pending.ts';
import type { WhySources } from './why-sources.ts';
import { moment, toIso } from './words.ts';

/** So much of a line of output is quoted. */
const MAX_LINE_LENGTH = 200;

/** What a worker writes below a script's output where KILL did not end all of it, with the pids. */
const SURVIVORS = /^\[baton: (KILL did not end .*)/;

/** A script that runs, for those who wait for its end. */
export async function explainRunning({ deps }: WhySources, { track, vertex }: WhySubject): Promise<Blocker[]> {
  const { worker, attempt, cancelRequestedAt } = track;
  const line = await findLastLine(deps.database, track.id, attempt);
  const lastLine = line === null ? null : line.slice(0, MAX_LINE_LENGTH);
  const where = runsPipeline(vertex) ? '' : ` on ${worker ?? 'a worker'}`;
  const end = cancelRequestedAt === null ? '' : `; it is to end, as somebody asked at ${moment(cancelRequestedAt)}`;
  const survivors = lastLine === null ? undefined : SURVIVORS.exec(lastLine)?.[1];
  const held = survivors === undefined ? '' : `; ${survivors}`;
  const sentence = `attempt ${attempt} runs${where} since ${moment(track.startedAt)}${end}${held}`;
  const facts = { worker, attempt, since: toIso(track.startedAt), leaseUntil: toIso(track.dueAt), lastLine };
  return [{ kind: 'running', sentence, ...facts, cancelRequestedAt: toIso(cancelRequestedAt) }];
}
