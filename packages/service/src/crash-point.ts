import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crashDirectory } from './config.ts';

/*
 * A process may die between any write and what follows it. Tests make it die exactly there: each such place has a name, and
 * a process that comes to it looks for a file of that name in BATON_CRASH_DIRECTORY, removes it and kills itself by the
 * signal in it. Without that variable a crash point is a comparison and nothing else.
 */

/** Every place, in the order of a track's walk. */
export const CRASH_POINTS = [
  /** The API has committed a start or an action, and enqueued nothing. */
  'api.committed',
  /** ... and has enqueued it, and not answered. */
  'api.enqueued',
  /** The claim is committed, and not answered. */
  'api.claimed',
  /** The worker has the entry, and has not asked for the claim. */
  'worker.fetched',
  /** It has the claim, and has not started the script. */
  'worker.claimed',
  /** The script has ended, and nothing of that is on disk. */
  'worker.ended',
  /** The end is on disk; it may be sent, as that is done at the same time. */
  'worker.spooled',
  /** It is sent, and the queue entry not acknowledged. */
  'worker.sent',
  /** The orchestrator has the completion, and has not begun its transaction. */
  'orchestrator.received',
  /** It has committed, and enqueued nothing. */
  'orchestrator.committed',
  /** It has enqueued the successors, and not acknowledged the completion. */
  'orchestrator.enqueued',
  /** It has taken entries out of a queue, for places that were offered, and claimed none of their tracks. */
  'orchestrator.heads_taken',
  /** It has claimed them, and not told the worker. */
  'orchestrator.heads_claimed',
  /** The reconcile loop has taken due tracks, and not enqueued them. */
  'orchestrator.taken',
  /** A due time is committed with its pipeline, and nothing enqueued. */
  'orchestrator.scheduled',
  /** The pipeline that a track runs is committed, and nothing enqueued. */
  'orchestrator.child_started',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Ends this process here if a test asked for it: it never comes back from that, except from SIGSTOP. */
export function crashPoint(point: CrashPoint): void {
  if (crashDirectory === undefined) return;
  const file = join(crashDirectory, point);
  let signal: string;
  try {
    signal = readFileSync(file, 'utf8').trim();
    rmSync(file);
  } catch (error) {
    // Nobody asked, or another process was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  process.kill(process.pid, signal);
}
