import { z } from 'zod';

/** Why an attempt ended without success, as retry policies and people name it. */
export const FAILURE_REASONS = [
  'exit_code',
  'signal',
  'timeout',
  'spawn_error',
  'bad_choice',
  'bad_output',
  'child_failed',
  'lost',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** `retry` of a vertex. Lost workers are not its business: `onLost` decides about them. */
export const retryPolicySchema = z
  .strictObject({
    max: z.int().min(1).max(1000).describe('how many more attempts after the first'),
    delayMs: z.int().min(0).max(86_400_000).default(0).describe('wait before the first retry, ms'),
    factor: z.number().min(1).max(100).default(1).describe('each further wait is this much longer'),
    maxDelayMs: z.int().min(0).max(86_400_000).default(3_600_000).describe('no wait is longer, ms'),
    jitter: z.number().min(0).max(1).default(0).describe('share of each wait that is random, 0 to 1'),
    exitCodes: z.array(z.int().min(1).max(255)).max(255).optional().describe('only these exit codes; absent: all'),
    reasons: z
      .array(z.enum(['exit_code', 'signal', 'timeout', 'spawn_error', 'child_failed']))
      .max(5)
      .optional()
      .describe('only these'),
    totalMs: z.int().min(1).optional().describe('no retry starts later than this after the first attempt, ms'),
  })
  .meta({ id: 'RetryPolicy' });

export type RetryPolicy = z.infer<typeof retryPolicySchema>;

/** What there is to know when an attempt failed. */
export interface FailedAttempt {
  reason: FailureReason;
  exitCode: number | null;
  /** 1 for the first attempt since the track last became PENDING by the flow or by a person. */
  attemptsMade: number;
  /** From the first attempt's start to now, ms. */
  elapsedMs: number;
  /** Uniform in [0, 1): the caller's randomness, so that the rule stays a function of values. */
  random: number;
}

/** What the script itself wrote wrongly comes out wrong again. */
const WRITTEN_WRONG: ReadonlySet<FailureReason> = new Set(['bad_choice', 'bad_output']);

export type RetryDecision = { kind: 'give_up' } | { kind: 'retry'; delayMs: number };

/** At most this many attempts start over because workers vanish: a script that kills its host must not go round for ever. */
export const MAX_LOST_RETRIES = 5;

/**
 * Is there another attempt, and when?
 * @param policy the vertex's `retry` and `onLost`
 * @returns the wait before the next attempt in ms, or that there is none
 */
export function decideRetry(
  policy: { retry: RetryPolicy | null; onLost: 'fail' | 'retry' },
  failed: FailedAttempt,
): RetryDecision {
  if (failed.reason === 'lost') {
    const again = policy.onLost === 'retry' && failed.attemptsMade <= MAX_LOST_RETRIES;
    return again ? { kind: 'retry', delayMs: 0 } : { kind: 'give_up' };
  }
  const { retry } = policy;
  if (retry === null || WRITTEN_WRONG.has(failed.reason) || failed.attemptsMade > retry.max) return { kind: 'give_up' };
  const reasons: readonly FailureReason[] | undefined = retry.reasons;
  if (reasons !== undefined && !reasons.includes(failed.reason)) return { kind: 'give_up' };
  if (retry.exitCodes !== undefined && !(failed.exitCode !== null && retry.exitCodes.includes(failed.exitCode))) {
    return { kind: 'give_up' };
  }
  const delayMs = retryDelayMs(retry, failed.attemptsMade, failed.random);
  if (retry.totalMs !== undefined && failed.elapsedMs + delayMs > retry.totalMs) return { kind: 'give_up' };
  return { kind: 'retry', delayMs };
}

function retryDelayMs(retry: RetryPolicy, attemptsMade: number, random: number): number {
  // The power of a long budget is Infinity, and no delay times Infinity would be no number.
  const growth = Math.min(retry.factor ** (attemptsMade - 1), Number.MAX_VALUE);
  const full = Math.min(retry.delayMs * growth, retry.maxDelayMs);
  return Math.round(full * (1 - retry.jitter * random));
}
