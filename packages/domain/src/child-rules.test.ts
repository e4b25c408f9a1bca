import { expect, test } from '@jest/globals';
import { judgeChild, type EndedChild } from './child-rules.ts';

const ENDED: EndedChild = { pipelineId: 7, state: 'FINISH', reason: null, isCancelRequested: false, items: null };
const SUCCEEDED = { outcome: 'exited', exitCode: 0 };
const FAILED = { outcome: 'child_failed', exitCode: null };
const CANCELLED = { outcome: 'cancelled', exitCode: null };

test.each([
  ['FINISH', false, SUCCEEDED],
  ['FINISH', true, SUCCEEDED],
  ['FAILED', false, FAILED],
  ['FAILED', true, FAILED],
  ['CANCELLED', false, FAILED],
  ['CANCELLED', true, CANCELLED],
] as const)('a child that is %s, its cancel wanted: %s', (state, isCancelRequested, expected) => {
  expect(judgeChild({ ...ENDED, state, isCancelRequested })).toEqual({ ...expected, detail: `pipeline 7 is ${state}` });
});

test.each([
  ['all of them', 'FINISH', { succeeded: 3, failed: 0, minSuccessPercent: 100 }, SUCCEEDED],
  ['all but one, all are asked for', 'FAILED', { succeeded: 2, failed: 1, minSuccessPercent: 100 }, FAILED],
  ['just so many as are asked for', 'FAILED', { succeeded: 2, failed: 2, minSuccessPercent: 50 }, SUCCEEDED],
  ['one less than that', 'FAILED', { succeeded: 1, failed: 2, minSuccessPercent: 50 }, FAILED],
  ['none, where none is asked for', 'FAILED', { succeeded: 0, failed: 2, minSuccessPercent: 0 }, SUCCEEDED],
  ['enough, and it was cancelled by itself', 'CANCELLED', { succeeded: 2, failed: 0, minSuccessPercent: 50 }, FAILED],
] as const)('a map of whose items succeeded: %s', (_title, state, items, expected) => {
  expect(judgeChild({ ...ENDED, state, items })).toMatchObject(expected);
});

test('why the child is as it is stands in the detail', () => {
  expect(judgeChild({ ...ENDED, state: 'FAILED', reason: 'timeout' }).detail).toBe('pipeline 7 is FAILED: timeout');
});
