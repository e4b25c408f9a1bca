import { expect, test } from '@jest/globals';
import { judgeReconcile } from './judge-intervals.ts';

test('reconciling as seldom as the shortest lease lasts is taken, and more seldom is an error that names both', () => {
  expect(judgeReconcile(5000, [30_000, 5000])).toEqual([]);
  expect(judgeReconcile(5000, [])).toEqual([]);
  const faults = judgeReconcile(5001, [30_000, 5000]);
  expect(faults).toMatchObject([{ code: 'reconcile_too_seldom', severity: 'error' }]);
  expect(faults[0]?.found).toMatch(/BATON_RECONCILE_MS is 5001 and leases last 5000 ms/);
});
