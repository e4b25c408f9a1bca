import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claimTracks, readPipeline, readStates, startTestFlow } from '@baton/database/testing';
import { execute } from '@baton/database';
import { reconcile } from './reconcile.ts';
import { createTestDeps, findQueued, type TestDeps } from './testing.ts';

let deps: TestDeps;
beforeAll(async () => {
  deps = await createTestDeps();
});
afterAll(() => deps.close());

test('what has lasted too long is ended within one round, and what may start then is enqueued', async () => {
  const gate = { expiresMs: 60_000, onExpiry: 'approve' };
  const gated = await startTestFlow(deps.database, { edges: ['Gated->Z'], vertices: { Gated: { gate } } });
  const queued = await startTestFlow(deps.database, { vertices: { A: { queueTimeoutMs: 60_000 } } });
  const late = await startTestFlow(deps.database, { vertices: { L: {}, M: { gate } }, timeoutMs: 60_000 });
  await claimTracks(late, ['L']);
  await reconcile(deps);
  expect((await reconcile(deps)).expired).toBe(0);

  await execute(
    deps.database.dataSource,
    'UPDATE track SET expires_at = UTC_TIMESTAMP(6) WHERE expires_at IS NOT NULL',
  );
  await execute(
    deps.database.dataSource,
    'UPDATE pipeline SET deadline_at = UTC_TIMESTAMP(6) WHERE deadline_at IS NOT NULL',
  );
  expect(await reconcile(deps)).toMatchObject({ expired: 3, repairs: 0 });
  expect(await readStates(gated)).toEqual({ Gated: 'PENDING', Z: 'WAITING' });
  expect(await findQueued(deps)).toContain('Gated');
  expect(await readStates(queued)).toEqual({ A: 'FAILED' });
  expect(await readStates(late)).toEqual({ L: 'RUNNING', M: 'CANCELLED' });
  expect(await readPipeline(late)).toMatchObject({ state: 'FAILED' });
  expect((await reconcile(deps)).expired).toBe(0);
});
