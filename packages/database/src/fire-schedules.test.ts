import { describe, expect, test } from '@jest/globals';
import { MAX_QUEUED } from '@baton/domain';
import { applyFlowEvents } from './apply-flow-events.ts';
import { openDatabase } from './data-source.ts';
import { findDueSchedules, fireSchedule } from './fire-schedules.ts';
import { findFires, findMovableQueues } from './schedule-fires.ts';
import { findSchedule } from './schedules.ts';
import { useTestDatabase } from './testing-database.ts';
import { startProxy } from './testing.ts';
import { countFires, fireAll, makeTestSchedule, readFires, readScheduled } from './testing-schedules.ts';

const database = useTestDatabase();

const at = (text: string): Date => new Date(`2026-05-01T${text}Z`);
const cancel = async (pipelineIds: number[]): Promise<void> => {
  await applyFlowEvents(database, new Map(pipelineIds.map((id) => [id, [{ kind: 'cancel' as const }]])));
};

describe('a due time', () => {
  test('becomes a pipeline with what the schedule says, and next_due_at moves on', async () => {
    const { scheduleId, name, graph } = await makeTestSchedule(database, at('10:00'));
    expect(await findDueSchedules(database, at('09:59'), 100)).not.toContain(scheduleId);
    expect(await fireSchedule(database, scheduleId, { now: at('09:59') })).toEqual({ kind: 'nothing' });
    expect(await findDueSchedules(database, at('10:00'), 100)).toContain(scheduleId);
    const [fired, ...more] = await fireAll(database, scheduleId, { now: at('10:00') });
    expect(more).toEqual([]);
    expect(fired?.toDispatch).toMatchObject([{ vertex: 'A', graph, pipeline: name, attempt: 1, seq: 1 }]);
    const [pipeline] = await readScheduled(database, scheduleId);
    expect(pipeline).toMatchObject({ dueAt: at('10:00'), name, createdBy: `schedule ${name}`, state: 'RUNNING' });
    expect(await findFires(database, { scheduleId, states: ['started'], limit: 9 })).toEqual([
      {
        dueAt: at('10:00'),
        state: 'started',
        pipelineId: pipeline?.id,
        backfillAtOnce: null,
        requestedBy: null,
        detail: null,
        decidedAt: at('10:00'),
      },
    ]);
    expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({
      nextDueAt: at('11:00'),
      lastError: null,
    });
  });

  test('is decided once by 20 at once, each with whatever it sees', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'));
    const fired = await Promise.all(
      Array.from({ length: 20 }, () => fireAll(database, scheduleId, { now: at('13:00:30') })),
    );
    expect(fired.flat().flatMap(({ fires }) => fires.map(({ state }) => state))).toEqual([
      'missed',
      'missed',
      'missed',
      'started',
    ]);
    expect(await readFires(database, scheduleId)).toEqual([
      '05-01T10:00 missed',
      '05-01T11:00 missed',
      '05-01T12:00 missed',
      '05-01T13:00 started',
    ]);
    expect(await readScheduled(database, scheduleId)).toHaveLength(1);
  });

  test('is left alone while somebody else has locked its schedule', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'));
    let inside: unknown = null;
    await fireSchedule(database, scheduleId, {
      now: at('10:00'),
      beforeCommit: async () => {
        inside = await fireSchedule(database, scheduleId, { now: at('10:00') });
      },
    });
    expect(inside).toEqual({ kind: 'nothing' });
    expect(await countFires(database, scheduleId)).toEqual({ started: 1 });
  });

  test('is undecided after a crash before the commit, and decided by the next who comes', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'));
    const crash = async (): Promise<void> => {
      throw new Error('killed');
    };
    const now = at('10:00');
    await expect(fireSchedule(database, scheduleId, { now, beforeCommit: crash })).rejects.toThrow('killed');
    expect(await readScheduled(database, scheduleId)).toEqual([]);
    expect(await countFires(database, scheduleId)).toEqual({});
    await fireAll(database, scheduleId, { now });
    expect(await countFires(database, scheduleId)).toEqual({ started: 1 });
  });

  test('is started once where the reply to the COMMIT is lost, and the caller learns what to enqueue', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'));
    const proxy = await startProxy(database.url);
    const distant = await openDatabase({ url: proxy.url, poolSize: 1 });
    const fired = await fireSchedule(distant, scheduleId, {
      now: at('10:00'),
      beforeCommit: async () => {
        if (proxy.cuts === 0) proxy.cutAnswerTo('COMMIT');
      },
    });
    expect(fired).toMatchObject({ kind: 'decided', toDispatch: [{ vertex: 'A' }] });
    expect(proxy.cuts).toBe(1);
    expect(await readScheduled(database, scheduleId)).toHaveLength(1);
    await distant.close();
    await proxy.close();
  });
});

describe('after a downtime', () => {
  test('the newest due times are caught up as far as the limit goes, oldest first', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { catchUpLimit: 2 });
    await fireAll(database, scheduleId, { now: at('15:30') });
    expect(await readFires(database, scheduleId)).toEqual([
      '05-01T10:00 missed',
      '05-01T11:00 missed',
      '05-01T12:00 missed',
      '05-01T13:00 missed',
      '05-01T14:00 started',
      '05-01T15:00 started',
    ]);
    expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ nextDueAt: at('16:00') });
  });

  test('years of a schedule that is due every minute are noted in bounded number', async () => {
    const from = new Date('2020-01-01T00:00:00Z');
    const { scheduleId } = await makeTestSchedule(database, from, { cron: '* * * * *', catchUpLimit: 3 });
    await fireAll(database, scheduleId, { now: at('10:00:30') });
    expect(await countFires(database, scheduleId)).toEqual({ missed: 100, started: 4 });
    const [oldest] = (await findFires(database, { scheduleId, states: ['missed'], limit: 1000 })).toReversed();
    expect(oldest?.detail).toBe(
      'no orchestrator was there, nor at any due time before it since 2020-01-01T00:00:00.000Z',
    );
  });
});

describe('while a pipeline of the schedule still runs', () => {
  test('allow starts another beside it', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'allow' });
    for (const now of [at('10:00'), at('11:00')]) await fireAll(database, scheduleId, { now });
    expect(await readScheduled(database, scheduleId)).toMatchObject([{ state: 'RUNNING' }, { state: 'RUNNING' }]);
  });

  test('skip leaves the due time out and says why', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'skip' });
    await fireAll(database, scheduleId, { now: at('10:00') });
    await fireAll(database, scheduleId, { now: at('11:00') });
    const [pipeline] = await readScheduled(database, scheduleId);
    const [skipped] = await findFires(database, { scheduleId, states: ['skipped'], limit: 9 });
    expect(skipped?.detail).toBe(`pipeline ${pipeline?.id}, due at 2026-05-01T10:00:00.000Z, had not ended`);
    await cancel([pipeline?.id ?? 0]);
    await fireAll(database, scheduleId, { now: at('12:00') });
    expect(await readFires(database, scheduleId)).toEqual([
      '05-01T10:00 started',
      '05-01T11:00 skipped',
      '05-01T12:00 started',
    ]);
  });

  test('queue starts them one after the other, by due time', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'queue' });
    for (const now of [at('10:00'), at('11:00'), at('12:00')]) await fireAll(database, scheduleId, { now });
    const isMovable = async (): Promise<boolean> =>
      (await findMovableQueues(database, 1000)).some((queue) => queue.scheduleId === scheduleId);
    expect(await isMovable()).toBe(false);
    expect(await fireAll(database, scheduleId, { now: at('12:30'), lane: 'due' })).toEqual([]);
    for (let ended = 1; ended <= 2; ended += 1) {
      const pipelines = await readScheduled(database, scheduleId);
      expect(pipelines.map(({ state }) => state)).toEqual([...Array<string>(ended - 1).fill('CANCELLED'), 'RUNNING']);
      await cancel([pipelines.at(-1)?.id ?? 0]);
      expect(await isMovable()).toBe(true);
      // A due time that comes now stands behind those that wait.
      if (ended === 1) await fireAll(database, scheduleId, { now: at('13:00') });
      expect(await fireAll(database, scheduleId, { now: at('13:30'), lane: 'due' })).toHaveLength(1);
    }
    expect(await readFires(database, scheduleId)).toEqual([
      '05-01T10:00 started',
      '05-01T11:00 started',
      '05-01T12:00 started',
      '05-01T13:00 queued',
    ]);
  });

  test('a queue is bounded', async () => {
    const from = new Date('2026-05-01T00:00:00Z');
    const { scheduleId } = await makeTestSchedule(database, from, { overlap: 'queue', catchUpLimit: 500 });
    await fireAll(database, scheduleId, { now: new Date('2026-05-05T07:30:00Z') });
    expect(await countFires(database, scheduleId)).toEqual({ started: 1, queued: MAX_QUEUED, skipped: 3 });
  });

  test('replace cancels what runs, then starts', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'replace' });
    await fireAll(database, scheduleId, { now: at('10:00') });
    const [first] = await readScheduled(database, scheduleId);
    const fired = await fireSchedule(database, scheduleId, { now: at('11:00') });
    expect(fired).toMatchObject({ kind: 'replace', pipelineIds: [first?.id] });
    expect(await readFires(database, scheduleId)).toEqual(['05-01T10:00 started']);
    await fireAll(database, scheduleId, { now: at('11:00'), cancel });
    expect(await readScheduled(database, scheduleId)).toMatchObject([{ state: 'CANCELLED' }, { state: 'RUNNING' }]);
  });
});

describe('a pipeline that cannot be made', () => {
  test.each([
    ['an unknown graph', { order: { graph: 'nowhere' } }, /^graph_not_found: expected a graph named "nowhere"/],
    ['another parameter', { params: { ip: 'x' } }, /^invalid_parameters: .*; the first: expected .* \(.*found "ip"\)$/],
  ])('%s: the due time failed, the schedule says why and goes on', async (_what, change, message) => {
    const { graph } = await makeTestSchedule(database, at('00:00'));
    const order = 'params' in change ? { graph, params: change.params } : change.order;
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { order });
    const fired = await fireAll(database, scheduleId, { now: at('10:00') });
    expect(fired).toMatchObject([{ fires: [{ state: 'failed', pipelineId: null }], toDispatch: [] }]);
    expect(fired[0]?.error).toBeInstanceOf(Error);
    expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({
      nextDueAt: at('11:00'),
      lastError: expect.stringMatching(message),
    });
    await fireAll(database, scheduleId, { now: at('11:00') });
    expect(await readFires(database, scheduleId)).toEqual(['05-01T10:00 failed', '05-01T11:00 failed']);
    const sql = `UPDATE schedule SET graph = ?, request = '{}' WHERE id = ?`;
    await database.dataSource.query(sql, [graph, scheduleId]);
    await fireAll(database, scheduleId, { now: at('12:00') });
    expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ lastError: null });
    expect(await countFires(database, scheduleId)).toEqual({ failed: 2, started: 1 });
  });

  test('a queued one fails as well, and the next of the queue has its turn', async () => {
    const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'queue', catchUpLimit: 9 });
    await fireAll(database, scheduleId, { now: at('12:30') });
    const [first] = await readScheduled(database, scheduleId);
    await cancel([first?.id ?? 0]);
    await database.dataSource.query(`UPDATE schedule SET graph = 'nowhere' WHERE id = ?`, [scheduleId]);
    const fired = await fireAll(database, scheduleId, { now: at('12:40'), lane: 'due' });
    expect(fired.flatMap(({ fires }) => fires)).toMatchObject([
      { dueAt: at('11:00'), state: 'failed' },
      { dueAt: at('12:00'), state: 'failed' },
    ]);
  });
});
