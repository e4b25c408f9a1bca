import { expect, test } from '@jest/globals';
import { createLegTimes, readLegKey } from './legs.ts';

test('times go into the first bucket that holds them, and keys come apart again', () => {
  const legs = createLegTimes();
  for (const ms of [0.5, 0.6, 1, 40_000, -3]) legs.observe('applied', ms);
  const counts = legs.read();
  expect(counts).toEqual({
    'leg:applied:0.0005': 2,
    'leg:applied:0.001': 2,
    'leg:applied:+Inf': 1,
    'leg:applied:sum': expect.closeTo(40.0021, 6),
  });
  expect(Object.keys(counts).map(readLegKey)).toEqual([
    { leg: 'applied', bound: 0.0005 },
    { leg: 'applied', bound: 0.001 },
    { leg: 'applied', bound: Infinity },
    { leg: 'applied', bound: null },
  ]);
});

test.each(['lease_expiries', 'leg:unknown:1', 'leg:applied:', 'leg:applied:x', 'leg'])('%s is no leg', (key) => {
  expect(readLegKey(key)).toBeNull();
});
