import { z } from 'zod';

/** How an attempt ended, as its worker saw it. `lost`: nobody knows; its lease ran out or its worker gave it up. */
export const ATTEMPT_OUTCOMES = [
  'exited',
  'timeout',
  'cancelled',
  'spawn_error',
  'lost',
  /** The script exited with 0, but what it wrote to $BATON_OUTPUT cannot be read or is over a limit. */
  'bad_output',
  /** The pipeline that the vertex runs did not FINISH. */
  'child_failed',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** What is said for people of an attempt, a track, a due time or an event: its columns take so many characters. */
export const MAX_DETAIL_LENGTH = 2000;

export const runIdSchema = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);

/** What a worker reports at an attempt's end. Exit code and signal are apart: a shell's own 137 is not a SIGKILL. */
export const completionSchema = z.strictObject({
  trackId: z.int().positive(),
  attempt: z.int().positive(),
  runId: runIdSchema,
  workerId: z.string().min(1).max(64),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  exitCode: z.int().min(0).max(255).nullable(),
  signal: z.string().max(16).nullable(),
  /** For people: why a script could not be started, and the like. */
  detail: z.string().max(MAX_DETAIL_LENGTH).nullable(),
  /** Of the script, on the worker's monotonic clock. */
  durationMs: z.int().min(0),
  outputBytes: z.int().min(0),
  /** Bytes of output that were over the cap and are not stored. */
  cutBytes: z.int().min(0),
  /** Successors that the script named in $BATON_NEXT (names or ids as text); null: it named none. */
  next: z.array(z.string().min(1).max(190)).max(10_000).nullable(),
});

export type Completion = z.infer<typeof completionSchema>;
