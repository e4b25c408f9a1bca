/**
 * The errors of MySQL and MariaDB that say nothing about the statement itself: what they mean, and what to do.
 * Matched by number, never by name: mysql2 names MariaDB's numbers with MySQL's words.
 */
interface RetryableError {
  meaning: string;
  /** In one word, for counters. */
  cause: RetryCause;
  /** Wait before the n-th retry is a random share of this times 2^n, ms. */
  delayMs: number;
}

/** What made a transaction be done again. */
export type RetryCause = 'deadlock' | 'lock_wait' | 'snapshot' | 'server' | 'connection';

const RETRYABLE_BY_NUMBER: ReadonlyMap<number, RetryableError> = new Map([
  [1020, { meaning: 'MariaDB: the row changed since it was read (snapshot isolation)', cause: 'snapshot', delayMs: 5 }],
  [
    1205,
    { meaning: 'a row lock was not granted in time; the transaction is still open', cause: 'lock_wait', delayMs: 20 },
  ],
  [1213, { meaning: 'deadlock; the transaction was rolled back', cause: 'deadlock', delayMs: 5 }],
  [1040, { meaning: 'too many connections', cause: 'server', delayMs: 100 }],
  [1053, { meaning: 'the server is shutting down', cause: 'server', delayMs: 200 }],
  [1203, { meaning: 'too many connections of this user', cause: 'server', delayMs: 100 }],
  [1226, { meaning: 'this user has used up what the server allows him', cause: 'server', delayMs: 100 }],
  // Whoever waits for an answer is to have his 503 in a few seconds: such a state lasts.
  [1290, { meaning: 'the server is read-only for now', cause: 'server', delayMs: 50 }],
  [1836, { meaning: 'the server is read-only for now', cause: 'server', delayMs: 50 }],
  [1021, { meaning: 'the disk of the server is full', cause: 'server', delayMs: 50 }],
  [1114, { meaning: 'a table of the server cannot grow: its disk is full', cause: 'server', delayMs: 50 }],
  [1927, { meaning: 'the connection was killed', cause: 'connection', delayMs: 50 }],
  [3572, { meaning: 'a row lock was not granted at once', cause: 'lock_wait', delayMs: 20 }],
  [4031, { meaning: 'the server closed an idle connection', cause: 'connection', delayMs: 5 }],
]);

const LOST_CONNECTION: RetryableError = { meaning: 'the connection was lost', cause: 'connection', delayMs: 100 };
const LOST_CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'POOL_CLOSED',
]);

/** A duplicate key: the only database error besides those above that callers ask for. */
export const DUPLICATE_KEY = 1062;

export function databaseErrorNumber(error: unknown): number | null {
  const { errno } = causeOf(error);
  return typeof errno === 'number' && errno > 0 ? errno : null;
}

/** @returns what to do about an error, or null where another try would fail in the same way */
export function findRetry(error: unknown): RetryableError | null {
  const cause = causeOf(error);
  const byNumber = typeof cause.errno === 'number' ? RETRYABLE_BY_NUMBER.get(cause.errno) : undefined;
  return byNumber ?? (isConnectionLost(error) ? LOST_CONNECTION : null);
}

/** MySQL is away, or went away under us: the caller cannot know whether a commit was done. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = causeOf(error);
  return (
    (typeof code === 'string' && LOST_CONNECTION_CODES.has(code)) ||
    (typeof message === 'string' && /connection is in closed state|Pool is closed/i.test(message))
  );
}

/** Error numbers that mean the server as a whole: too many connections, shutting down, read-only, full, killed by a person. */
const SERVER_NUMBERS = new Set([1021, 1040, 1053, 1114, 1203, 1226, 1290, 1836, 1927]);

/** No transaction could be done now, whatever it is about: wait rather than give this one up. */
export function isDatabaseAway(error: unknown): boolean {
  return isConnectionLost(error) || SERVER_NUMBERS.has(databaseErrorNumber(error) ?? 0);
}

/** Another transaction keeps a row locked: it says nothing about other rows. */
export function isLockWait(error: unknown): boolean {
  const number = databaseErrorNumber(error);
  return number === 1205 || number === 3572;
}

function causeOf(error: unknown): { errno?: unknown; code?: unknown; message?: unknown } {
  if (typeof error !== 'object' || error === null) return {};
  return (error as { driverError?: object }).driverError ?? error;
}
