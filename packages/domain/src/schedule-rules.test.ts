import { describe, expect, test } from '@jest/globals';
import { decideOverlap, MAX_MISSED_NOTED, MAX_QUEUED, planDueTimes } from './schedule-rules.ts';
import { readTimetable, type Timetable } from './schedule-times.ts';

function open(cron: string): Timetable {
  const read = readTimetable(cron, 'UTC');
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read.value;
}

const at = (text: string): Date => new Date(`2026-05-01T${text}Z`);
const hourly = open('@hourly');
const texts = (dates: readonly Date[]): string[] => dates.map((date) => date.toISOString().slice(11, 16));

describe('which due times are decided about', () => {
  const plan = (nextDueAt: Date, now: Date, catchUpLimit = 0): unknown[] => {
    const { missed, due, nextDueAt: next } = planDueTimes(hourly, { nextDueAt, catchUpLimit }, now);
    return [texts(missed.map(({ dueAt }) => dueAt)), due === null ? null : texts([due])[0], texts([next])[0]];
  };

  test('the one that has come, to the millisecond and up to a minute late', () => {
    expect(plan(at('10:00'), at('09:59:59.999'))).toEqual([[], null, '10:00']);
    expect(plan(at('10:00'), at('10:00'))).toEqual([[], '10:00', '11:00']);
    expect(plan(at('10:00'), at('10:01'))).toEqual([[], '10:00', '11:00']);
    expect(plan(at('10:00'), at('10:01:00.001'))).toEqual([['10:00'], null, '11:00']);
  });

  test('after a downtime the newest that the limit allows are caught up, oldest first; the others are missed', () => {
    expect(plan(at('10:00'), at('14:30'), 2)).toEqual([['10:00', '11:00', '12:00'], '13:00', '14:00']);
    expect(plan(at('14:00'), at('14:30'), 2)).toEqual([[], '14:00', '15:00']);
    expect(plan(at('10:00'), at('14:30'), 9)).toEqual([[], '10:00', '11:00']);
    expect(plan(at('10:00'), at('14:30'), 0)).toEqual([['10:00', '11:00', '12:00', '13:00', '14:00'], null, '15:00']);
  });

  test('one that is on time is not counted among those that are caught up', () => {
    expect(plan(at('10:00'), at('14:00'), 1)).toEqual([['10:00', '11:00', '12:00'], '13:00', '14:00']);
    expect(plan(at('10:00'), at('14:00'), 0)).toEqual([['10:00', '11:00', '12:00', '13:00'], '14:00', '15:00']);
  });

  test('what is not noted one by one is spoken for by the oldest note', () => {
    const minutely = open('* * * * *');
    const nextDueAt = new Date('2020-01-01T00:00:00Z');
    const { missed, due } = planDueTimes(minutely, { nextDueAt, catchUpLimit: 3 }, at('10:00:30'));
    expect(missed).toHaveLength(MAX_MISSED_NOTED);
    expect(texts(missed.map(({ dueAt }) => dueAt)).slice(-1)).toEqual(['09:56']);
    expect(due).toEqual(at('09:57'));
    expect(missed[0]?.detail).toBe(
      'no orchestrator was there, nor at any due time before it since 2020-01-01T00:00:00.000Z',
    );
    expect(missed[1]?.detail).toBe('no orchestrator was there');
  });
});

describe('overlaps', () => {
  const live = [
    { pipelineId: 7, dueAt: at('09:00') },
    { pipelineId: 8, dueAt: at('10:00') },
  ];

  test('with nothing alive every policy starts', () => {
    for (const policy of ['allow', 'queue', 'skip', 'replace'] as const) {
      expect(decideOverlap(policy, { live: [], queued: 0 })).toEqual({ kind: 'start' });
    }
  });

  test('while a pipeline runs each does its own', () => {
    expect(decideOverlap('allow', { live, queued: 2 })).toEqual({ kind: 'start' });
    expect(decideOverlap('queue', { live, queued: 2 })).toEqual({ kind: 'queue' });
    const detail = 'pipeline 7, due at 2026-05-01T09:00:00.000Z, had not ended';
    expect(decideOverlap('skip', { live, queued: 0 })).toEqual({ kind: 'skip', detail });
    expect(decideOverlap('replace', { live, queued: 0 })).toEqual({ kind: 'replace', pipelineIds: [7, 8] });
  });

  test('a queue keeps its order, and has an end', () => {
    expect(decideOverlap('queue', { live: [], queued: 1 })).toEqual({ kind: 'queue' });
    expect(decideOverlap('queue', { live, queued: MAX_QUEUED - 1 })).toEqual({ kind: 'queue' });
    const detail = '100 due times before it were waiting';
    expect(decideOverlap('queue', { live: [], queued: MAX_QUEUED })).toEqual({ kind: 'skip', detail });
  });
});
