import { expect, test } from '@jest/globals';
import { forgetRequests, rememberDone, rememberRequest, type RememberedAnswer } from './remember-request.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';

const database = useTestDatabase({ poolSize: 12 });

const request = (key: string, content: unknown = 'same'): { tokenId: string; key: string; content: unknown } => ({
  tokenId: 't',
  key,
  content,
});

test('a request is done once; its answer comes again', async () => {
  let times = 0;
  const ask = (): Promise<{ answer: { times: number }; isReplayed: boolean }> =>
    rememberRequest(database, request('once'), async () => ({ times: ++times }));
  expect(await ask()).toEqual({ answer: { times: 1 }, isReplayed: false });
  expect(await ask()).toEqual({ answer: { times: 1 }, isReplayed: true });
  const elsewhere = await rememberRequest(database, { ...request('once'), tokenId: 'u' }, async () => 'mine');
  expect(elsewhere).toEqual({ answer: 'mine', isReplayed: false });
});

test('another request with the same key is refused', async () => {
  await rememberRequest(database, request('reused'), async () => 1);
  await expect(rememberRequest(database, request('reused', 'other'), async () => 2)).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
});

test('while one is under way the same is refused, without waiting', async () => {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const first = rememberRequest(database, request('slow'), async () => {
    begin();
    await finished;
    return 'done';
  });
  await begun;
  const second = rememberRequest(database, request('slow'), async () => 'twice');
  await expect(second).rejects.toMatchObject({ code: 'idempotency_key_in_use' });
  finish();
  expect(await first).toEqual({ answer: 'done', isReplayed: false });
});

test('a request that fails is not remembered', async () => {
  const failing = rememberRequest(database, request('fails'), async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect((await rememberRequest(database, request('fails'), async () => 'now')).isReplayed).toBe(false);
});

test('old requests are forgotten, younger ones are not', async () => {
  await rememberRequest(database, request('old'), async () => 1);
  await rememberRequest(database, request('young'), async () => 1);
  await execute(
    database.dataSource,
    `UPDATE idempotency_key SET created_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR WHERE idempotency_key = 'old'`,
  );
  expect(await forgetRequests(database, 24 * 3_600_000)).toBe(1);
  const left = await selectRows<{ name: string }>(
    database.dataSource,
    'SELECT idempotency_key AS name FROM idempotency_key',
  );
  expect(left.map(({ name }) => name)).toEqual(expect.arrayContaining(['young']));
  expect(left.map(({ name }) => name)).not.toContain('old');
});

/** The server has a try of before open yet, and ends it. @returns what the next one comes to */
async function tryAgain(end: 'COMMIT' | 'ROLLBACK'): Promise<RememberedAnswer<string>> {
  const own = { ...request(`own ${end}`), isRepeatable: false, wasTried: true };
  const lost = database.dataSource.createQueryRunner();
  await lost.query('START TRANSACTION');
  await rememberDone(lost, [{ request: own, answer: 'first' }]);
  const again = rememberRequest(database, own, async () => 'second');
  await Promise.race([again, waitForLookUp()]);
  await lost.query(end);
  await lost.release();
  return again;
}

test('what a lost try commits after all is the answer of the next one, which waits for it', async () => {
  expect(await tryAgain('COMMIT')).toEqual({ answer: 'first', isReplayed: false });
});

test('what a lost try did not commit is done by the next one', async () => {
  expect(await tryAgain('ROLLBACK')).toEqual({ answer: 'second', isReplayed: false });
});

/** Until somebody who looks for a key is kept waiting. */
async function waitForLookUp(): Promise<void> {
  const sql = `SELECT COUNT(*) + 0E0 AS waiting FROM information_schema.PROCESSLIST
    WHERE db = DATABASE() AND info LIKE 'SELECT request_hash%'`;
  for (let tries = 1; tries <= 2000; tries += 1) {
    const [row] = await selectRows<{ waiting: number }>(database.dataSource, sql);
    if (row !== undefined && row.waiting > 0) return;
  }
  throw new Error('expected somebody to look for a key, found nobody');
}
