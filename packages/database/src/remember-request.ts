import { createHash } from 'node:crypto';
import { BatonError } from '@baton/domain';
import type { Database } from './data-source.ts';
import { databaseErrorNumber, DUPLICATE_KEY } from './database-errors.ts';
import { execute, placeRows, selectRows, type Runner, type Transaction } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * Requests that must be done once, however often they are sent.
 *
 * The key's row is written by the transaction that does the work: both are there, or neither. So there is no request that
 * is "under way" for ever after a crash, and a COMMIT whose reply was lost is found done when the body runs again. While
 * the transaction runs, its row is locked: whoever sends the same key meanwhile is told so and comes again.
 */

export interface RequestToRemember {
  /** Keys of different tokens are different keys. */
  tokenId: string;
  key: string;
  /** Absent: true. False: nobody else knows the key, it only tells a transaction that is tried again whether it was done. */
  isRepeatable?: boolean;
  /** It was tried before; absent: only a repeatable one may have been. */
  wasTried?: boolean;
  /** What was asked for: a key means one request. */
  content: unknown;
}

export interface RememberedAnswer<T> {
  answer: T;
  /** It was done before; this is the answer of that time. */
  isReplayed: boolean;
}

/** The row is locked: what MariaDB and MySQL say to NOWAIT. */
const LOCKED_BY_OTHERS = new Set([1205, 3572]);

/**
 * Does a request once.
 * @param body does the work in the transaction that it is given; what it returns is kept as JSON
 * @throws BatonError idempotency_key_in_use while another transaction does the same request, idempotency_key_reused where
 *   the key was used for another one; what the body throws: then nothing is kept
 */
export async function rememberRequest<T>(
  database: Database,
  request: RequestToRemember,
  body: (runner: Transaction) => Promise<T>,
): Promise<RememberedAnswer<T>> {
  const hash = hashOf(request);
  let tries = request.wasTried === true ? 1 : 0;
  return withTransaction(database, async (runner) => {
    tries += 1;
    const known = isOwn(request) && tries === 1 ? null : await findAnswer<T>(runner, request, hash);
    // What this very call did before a COMMIT whose reply was lost is its first answer.
    if (known !== null) return { answer: known.answer, isReplayed: !isOwn(request) };
    if (!isOwn(request)) await insertKey(runner, request, hash);
    const answer = await body(runner);
    await (isOwn(request) ? rememberDone(runner, [{ request, answer }]) : keepAnswer(runner, request, answer));
    return { answer, isReplayed: false };
  });
}

/** Nobody else knows its key. */
function isOwn({ isRepeatable }: RequestToRemember): boolean {
  return isRepeatable === false;
}

function hashOf({ content }: RequestToRemember): Buffer {
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** Writes the rows of requests that the caller's transaction did, whose keys nobody else knows. */
export async function rememberDone(
  runner: Runner,
  done: readonly { request: RequestToRemember; answer: unknown }[],
): Promise<void> {
  if (done.length === 0) return;
  const { places, values } = placeRows(
    done.map(({ request, answer }) => [request.tokenId, request.key, hashOf(request), 200, JSON.stringify(answer)]),
    ['UTC_TIMESTAMP(6)'],
  );
  await execute(runner, `${INSERT_KEYS} ${places}`, values);
}

const INSERT_KEYS = `INSERT INTO idempotency_key
  (token_id, idempotency_key, request_hash, status, response, created_at) VALUES`;

/** Keeps another answer for a request that was done: one that could only be made after the commit. */
export async function replaceAnswer<T>(database: Database, request: RequestToRemember, answer: T): Promise<void> {
  await keepAnswer(database.dataSource, request, answer);
}

async function keepAnswer(runner: Runner, { tokenId, key }: RequestToRemember, answer: unknown): Promise<void> {
  await execute(
    runner,
    'UPDATE idempotency_key SET status = 200, response = ? WHERE token_id = ? AND idempotency_key = ?',
    [JSON.stringify(answer), tokenId, key],
  );
}

interface KeyRow {
  requestHash: Buffer;
  response: string;
}

const SELECT_KEY = `SELECT request_hash AS requestHash, response FROM idempotency_key
  WHERE token_id = ? AND idempotency_key = ? FOR UPDATE`;

/** One's own is locked by what one tried before, and lost: the server is about to roll that back, or to commit it. */
async function findAnswer<T>(runner: Runner, request: RequestToRemember, hash: Buffer): Promise<{ answer: T } | null> {
  const { tokenId, key } = request;
  const [row] = await (isOwn(request)
    ? selectRows<KeyRow>(runner, SELECT_KEY, [tokenId, key])
    : notWaiting(request, () => selectRows<KeyRow>(runner, `${SELECT_KEY} NOWAIT`, [tokenId, key])));
  if (row === undefined) return null;
  if (!row.requestHash.equals(hash)) {
    const detail = `expected the request that the Idempotency-Key ${request.key} was used with, found another one`;
    throw new BatonError('idempotency_key_reused', detail);
  }
  return { answer: JSON.parse(row.response) as T };
}

async function insertKey(runner: Runner, { tokenId, key }: RequestToRemember, hash: Buffer): Promise<void> {
  try {
    await execute(runner, `${INSERT_KEYS} (?, ?, ?, NULL, NULL, UTC_TIMESTAMP(6))`, [tokenId, key, hash]);
  } catch (error) {
    // Another transaction wrote it after we looked, and has committed by now: the next try finds its answer.
    if (databaseErrorNumber(error) === DUPLICATE_KEY) throw inUse({ key }, error);
    throw error;
  }
}

async function notWaiting<T>(request: RequestToRemember, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (LOCKED_BY_OTHERS.has(databaseErrorNumber(error) ?? 0)) throw inUse(request, error);
    throw error;
  }
}

function inUse({ key }: Pick<RequestToRemember, 'key'>, cause: unknown): BatonError {
  const detail = `expected no other request with the Idempotency-Key ${key} under way, found one; ask again`;
  return new BatonError('idempotency_key_in_use', detail, { cause });
}

/**
 * Forgets old requests, some at a time.
 * @param keepMs how long a key means its request; at least a day is promised
 * @returns how many it forgot; call again while that is many
 */
export async function forgetRequests(database: Database, keepMs: number): Promise<number> {
  const { affectedRows } = await execute(
    database.dataSource,
    `DELETE FROM idempotency_key WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND ORDER BY created_at LIMIT 1000`,
    [keepMs * 1000],
  );
  return affectedRows;
}
