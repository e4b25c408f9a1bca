import { expect, test } from '@jest/globals';
import { judgeEvidence } from './check-invariants.ts';
import type { Evidence } from './evidence.ts';
import { EVERY_MINUTE } from './judge-schedules.ts';
import type { PipelineRow } from './read-rows.ts';
import type { RecordedAnswer } from './record-answers.ts';
import { answer, askedAt, pipelineRow } from './testing-evidence.ts';

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(minutes * MINUTE).toISOString();

/** Made in minute 10, asked for minutes 2 and 3 afterwards, and paused in minute 13. */
const ANSWERS: readonly RecordedAnswer[] = [
  { ...answer('POST', '/schedules', { name: 's', cron: EVERY_MINUTE }), ...askedAt(10.5 * MINUTE) },
  { ...answer('POST', '/schedules/s/backfill', { from: at(2), to: at(4) }), ...askedAt(10.6 * MINUTE) },
  { ...answer('GET', '/schedules/s', null, { nextDueTimes: [at(13)] }), ...askedAt(12.5 * MINUTE) },
  // The next one that was due had not been decided about.
  { ...answer('GET', '/schedules/s', null, { nextDueTimes: [at(13)] }), ...askedAt(13.2 * MINUTE) },
  { ...answer('POST', '/schedules/s/pause', {}), ...askedAt(13.3 * MINUTE) },
];

function judge(minutes: readonly number[], schedule = 's', answers = ANSWERS): string[] {
  const pipelines = minutes.map((minute, index): PipelineRow => {
    return pipelineRow({ id: index + 1, graph: 'g', name: schedule, schedule, scheduledForMs: minute * MINUTE });
  });
  const evidence: Evidence = {
    journal: [],
    answers,
    rows: { pipelines, tracks: [], attempts: [], events: [] },
  };
  return judgeEvidence(evidence).map(({ invariant, what }) => `${invariant}: ${what}`);
}

test('every due time once; of one that nobody was told about either', () => {
  expect(judge([11, 12, 2, 3])).toEqual([]);
  expect(judge([11, 12, 13, 2, 3])).toEqual([]);
});

test.each([
  ['lost', [11, 2, 3], 'did not start what was due at 1970-01-01T00:12:00.000Z'],
  [
    'lost, of those that were asked for afterwards',
    [11, 12, 2],
    'did not start what was due at 1970-01-01T00:03:00.000Z',
  ],
  ['doubled', [11, 12, 2, 3, 3], 'started pipelines 4, 5 for 1970-01-01T00:03:00.000Z'],
  ['after the pause', [11, 12, 2, 3, 14], 'started pipelines 5 for 1970-01-01T00:14:00.000Z, which is not due'],
  ['no minute at all', [11, 12, 2, 3, 11.5], 'started pipelines 5 for 1970-01-01T00:11:30.000Z, which is not due'],
])('%s', (_, minutes, what) => {
  expect(judge(minutes)).toEqual([`I1: schedule s ${what}`]);
});

test('a schedule that nobody asked for', () => {
  expect(judge([11], 'other')).toContain('I1: schedule other started 1 pipelines, and nobody asked for it');
});

test('of a schedule that is not due every minute only a due time with two pipelines', () => {
  const yearly = [answer('POST', '/schedules', { name: 'y', cron: '0 0 1 1 *' })];
  expect(judge([5, 7], 'y', yearly)).toEqual([]);
  expect(judge([5, 5], 'y', yearly)).toEqual(['I1: schedule y started pipelines 1, 2 for 1970-01-01T00:05:00.000Z']);
});
