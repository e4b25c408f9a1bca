import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import type { Database } from './data-source.ts';
import { findRetry, isConnectionLost, isLockWait, type RetryCause } from './database-errors.ts';
import { LargeGraphError } from './large-graph-error.ts';
import type { Transaction } from './statements.ts';
import { createTransaction, type OpenTransaction } from './transaction.ts';

const MAX_TRIES = 6;

export interface TransactionOptions {
  /** Told of each retry: what the error means. */
  onRetry?(meaning: string): void;
  /** Tries in all; MySQL being away is given up sooner by callers that somebody waits for. */
  maxTries?: number;
  /** False where the caller would rather do something else than wait for a lock again. */
  retriesLockWaits?: boolean;
}

const retryCounts = new Map<RetryCause, number>();

/** @returns how often this process has done transactions or statements again, by cause, since its start */
export function readRetryCounts(): ReadonlyMap<RetryCause, number> {
  return retryCounts;
}

/**
 * Runs a body in one READ COMMITTED transaction, again from its start after a deadlock, a lock wait or a lost connection.
 *
 * A COMMIT whose reply was lost may have been done. So bodies must be repeatable: each write is guarded with the state it
 * expects, and a body that finds its work done answers as if it had done it.
 * @throws what the body throws, after a rollback; the last database error when the tries are used up
 */
export function withTransaction<T>(
  database: Database,
  body: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return withRetries(() => runWithGraphs(database, body), options);
}

/** More than these a transaction loads itself: they may be more than this process keeps in memory. */
const MAX_GRAPHS_BEFORE = 3;

/** Loads the large graphs that it needs between two runs of the body, while it holds no locks. */
async function runWithGraphs<T>(database: Database, body: (transaction: Transaction) => Promise<T>): Promise<T> {
  for (let loaded = 0; ; loaded += 1) {
    try {
      return await runOnce(database, body, loaded >= MAX_GRAPHS_BEFORE);
    } catch (error) {
      if (!(error instanceof LargeGraphError)) throw error;
      await error.load();
    }
  }
}

/**
 * Runs a statement of its own again after a deadlock, a lock wait or a lost connection; it was rolled back then, or done
 * unheard, so it must be repeatable.
 * @throws what the body throws; the last database error when the tries are used up
 */
export async function withRetries<T>(body: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  const maxTries = options.maxTries ?? MAX_TRIES;
  for (let tries = 1; ; tries += 1) {
    try {
      return await body();
    } catch (error) {
      const retry = findRetry(error);
      const isWanted = retry !== null && (options.retriesLockWaits !== false || !isLockWait(error));
      if (!isWanted || tries >= maxTries) throw error;
      retryCounts.set(retry.cause, (retryCounts.get(retry.cause) ?? 0) + 1);
      options.onRetry?.(retry.meaning);
      await sleep(Math.random() * retry.delayMs * 2 ** tries);
    }
  }
}

async function runOnce<T>(
  database: Database,
  body: (transaction: Transaction) => Promise<T>,
  mayTakeLong: boolean,
): Promise<T> {
  const queryRunner = database.dataSource.createQueryRunner();
  const transaction = createTransaction(queryRunner, { sendsTogether: database.sendsTogether, mayTakeLong });
  try {
    const result = await body(transaction);
    await transaction.commit();
    await queryRunner.release();
    return result;
  } catch (error) {
    await rollBack(queryRunner, transaction, error);
    throw error;
  }
}

/**
 * After error 1205 the transaction is still open, and a pool would hand the connection on with it. So: roll back, and where
 * that fails or the connection is suspect, destroy the connection instead of giving it back.
 */
async function rollBack(queryRunner: QueryRunner, transaction: OpenTransaction, error: unknown): Promise<void> {
  let isUsable = !isConnectionLost(error);
  if (isUsable && transaction.isActive) {
    isUsable = await transaction.rollBack().then(
      () => true,
      () => false, // the error that led here is the one to report; the connection is destroyed below
    );
  }
  if (!isUsable) await destroyConnection(queryRunner);
  await queryRunner.release();
}

async function destroyConnection(queryRunner: QueryRunner): Promise<void> {
  const connection: unknown = await queryRunner.connect().catch(() => null); // none was had: nothing to destroy
  (connection as { destroy?(): void } | null)?.destroy?.();
}
