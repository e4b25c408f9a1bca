import { setTimeout as sleep } from 'node:timers/promises';
import { selectRows, type Database } from '@baton/database';

const LOOK_EVERY_MS = 20;
/** A look at very many takes its time from what is looked at. */
const IDS_A_LOOK = 500;

/**
 * Waits until pipelines have ended.
 * @returns when the last one did, by the database's clock, which is this machine's; ms since 1970
 * @throws Error where one did not succeed
 */
export async function waitForEnds(database: Database, ids: readonly number[]): Promise<number> {
  let endedAt = 0;
  // Mostly the last one to end: looking at one row again and again is not what is to be counted for each task.
  if (ids.length > 1) await waitForSome(database, ids.slice(-1));
  for (let start = 0; start < ids.length; start += IDS_A_LOOK) {
    endedAt = Math.max(endedAt, await waitForSome(database, ids.slice(start, start + IDS_A_LOOK)));
  }
  return endedAt;
}

async function waitForSome(database: Database, ids: readonly number[]): Promise<number> {
  for (;;) {
    const [row] = await selectRows<{ open: number; endedAt: number | null; succeeded: number }>(
      database.dataSource,
      `SELECT COUNT(*) - COUNT(finished_at) AS open, SUM(state = 'FINISH') AS succeeded,
         TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(finished_at)) / 1000 AS endedAt FROM pipeline WHERE id IN (?)`,
      [ids],
    );
    if (row !== undefined && Number(row.open) === 0) {
      if (Number(row.succeeded) === ids.length) return Number(row.endedAt);
      throw new Error(`expected ${ids.length} pipelines to succeed, found ${row.succeeded} (the first is ${ids[0]})`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
