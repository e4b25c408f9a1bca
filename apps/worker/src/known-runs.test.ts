import { expect, test } from '@jest/globals';
import { createKnownRuns } from './known-runs.ts';

test('the latest runs are known, and no more than 20 000', () => {
  const known = createKnownRuns();
  for (let number = 0; number < 20_001; number += 1) known.add(`run-${number}`);
  expect([0, 1, 20_000, 20_001].map((number) => known.has(`run-${number}`))).toEqual([false, true, true, false]);
});
