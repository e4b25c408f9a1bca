import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fireSchedule } from '@baton/database';
import { countFires, fireAll, readFires } from '@baton/database/testing';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const vertices = [{ name: 'A', script: 'a' }];
  await api.call('post', '/api/v1/graphs').send({ name: 'nightly', vertices }).expect(201);
});
afterAll(() => api.close());

let made = 0;
async function make(fields: object = {}): Promise<{ id: number; path: string }> {
  made += 1;
  const body = { name: `every day ${made}`, cron: '30 2 * * *', graph: 'nightly', ...fields };
  const answer = await api.call('post', '/api/v1/schedules').send(body).expect(201);
  const { id } = answer.body as { id: number };
  return { id, path: `/api/v1/schedules/${id}` };
}
/** As if hours had passed, or were still to come. */
const moveDueTime = (id: number, to: string): Promise<unknown> =>
  api.database.dataSource.query('UPDATE schedule SET next_due_at = ? WHERE id = ?', [new Date(to), id]);

test('a paused schedule starts nothing; the due times of the pause are not made up for', async () => {
  const { id, path } = await make({ cron: '* * * * *' });
  const { body } = await api.call('post', `${path}/pause`).expect(200);
  expect(body).toMatchObject({ pausedAt: expect.any(String), nextDueTimes: [] });
  expect((await api.call('post', `${path}/pause`).send({}).expect(200)).body).toEqual(body);
  const later = new Date(Date.now() + 600_000);
  expect(await fireSchedule(api.database, id, { now: later })).toEqual({ kind: 'nothing' });
  const resumed = await api.call('post', `${path}/resume`).expect(200);
  expect(resumed.body).toMatchObject({ pausedAt: null });
  expect(resumed.body.nextDueTimes).toHaveLength(5);
  expect(Date.parse(resumed.body.nextDueTimes[0])).toBeGreaterThan(Date.now());
  const again = await api.call('post', `${path}/resume`).expect(409);
  expect(again.body).toMatchObject({ code: 'state_conflict' });
  expect(await countFires(api.database, id)).toEqual({});
});

test('a backfill queues each due time of the range once, and runs one after the other', async () => {
  const { id, path } = await make({ cron: '@hourly', overlap: 'allow' });
  await moveDueTime(id, '2021-05-01T02:00:00Z');
  await fireAll(api.database, id, { now: new Date('2021-05-01T02:00:00Z') });
  const range = { from: '2021-05-01T00:00:00Z', to: '2021-05-01T04:00:00+00:00' };
  const first = await api.call('post', `${path}/backfill`).send(range).expect(200);
  expect(first.body).toEqual({ dueTimes: 4, queued: 3 });
  expect((await api.call('post', `${path}/backfill`).send(range).expect(200)).body).toEqual({
    dueTimes: 4,
    queued: 0,
  });
  const now = new Date('2021-05-01T03:00:00Z');
  expect(await fireAll(api.database, id, { now, lane: 'backfill' })).toHaveLength(1);
  // The schedule itself comes to a due time that was backfilled before: it goes on to the next.
  await fireAll(api.database, id, { now });
  expect(await readFires(api.database, id)).toEqual([
    '05-01T00:00 started',
    '05-01T01:00 queued',
    '05-01T02:00 started',
    '05-01T03:00 queued',
  ]);
  const { body } = await api.call('get', `${path}/fires?state=queued&state=started&limit=2`).expect(200);
  expect(body).toMatchObject({
    items: [
      {
        dueAt: '2021-05-01T03:00:00.000Z',
        state: 'queued',
        isBackfill: true,
        detail: expect.stringMatching(/^backfill by /),
      },
      { dueAt: '2021-05-01T02:00:00.000Z', state: 'started', isBackfill: false, detail: null },
    ],
  });
  const rest = await api.call('get', `${path}/fires?limit=2&cursor=${body.nextCursor}`).expect(200);
  expect(rest.body.items.map(({ dueAt }: { dueAt: string }) => dueAt.slice(11, 16))).toEqual(['01:00', '00:00']);
});

test('missed and skipped due times can be backfilled, several at once', async () => {
  const { id, path } = await make({ cron: '@hourly', catchUpLimit: 0 });
  await moveDueTime(id, '2021-05-01T00:00:00Z');
  await fireAll(api.database, id, { now: new Date('2021-05-01T05:30:00Z') });
  expect(await countFires(api.database, id)).toEqual({ missed: 6 });
  const range = { from: '2021-05-01T00:00:00Z', to: '2021-05-01T05:30:00Z', atOnce: 4 };
  expect((await api.call('post', `${path}/backfill`).send(range).expect(200)).body).toEqual({
    dueTimes: 6,
    queued: 6,
  });
  const now = new Date('2021-05-01T05:31:00Z');
  await fireAll(api.database, id, { now, lane: 'backfill' });
  expect(await countFires(api.database, id)).toEqual({ started: 4, queued: 2 });
});

test.each([
  ['2021-05-02T00:00:00Z', '2021-05-01T00:00:00Z', ['empty_range']],
  ['2021-05-01T00:00:00Z', '2999-01-01T00:00:00Z', ['range_not_over']],
  ['2021-01-01T00:00:00Z', '2021-05-01T00:00:00Z', ['range_too_long']],
  ['2999-05-01T00:00:00Z', '2999-01-01T00:00:00Z', ['empty_range', 'range_not_over']],
  ['0001-01-01T00:00:00Z', '2021-05-01T00:00:00Z', ['range_too_early']],
])('from %s to %s is refused', async (from, to, codes) => {
  const { id, path } = await make({ cron: '@hourly' });
  const { body } = await api.call('post', `${path}/backfill`).send({ from, to }).expect(422);
  expect(body).toMatchObject({
    code: 'invalid_schedule',
    problems: codes.map((code) => ({ code, pointer: code === 'range_too_early' ? '/from' : '/to' })),
  });
  expect(await countFires(api.database, id)).toEqual({});
});

test('exactly a thousand due times are taken', async () => {
  const { path } = await make({ cron: '@hourly' });
  const to = new Date(Date.parse('2021-01-01T00:00:00Z') + 1000 * 3_600_000).toISOString();
  const { body } = await api.call('post', `${path}/backfill`).send({ from: '2021-01-01T00:00:00Z', to }).expect(200);
  expect(body).toEqual({ dueTimes: 1000, queued: 1000 });
});

test('ten persons at once: every due time is queued once, and everybody is told the truth', async () => {
  const { id, path } = await make({ cron: '@hourly' });
  const range = { from: '2021-05-01T00:00:00Z', to: '2021-05-02T00:00:00Z' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.call('post', `${path}/backfill`).send(range).expect(200)),
  );
  expect(answers.map(({ body }) => body.queued).toSorted((a, b) => a - b)).toEqual([...Array<number>(9).fill(0), 24]);
  expect(await countFires(api.database, id)).toEqual({ queued: 24 });
});
