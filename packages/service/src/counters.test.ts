import { expect, test } from '@jest/globals';
import { countRetries, createCounters, readCounterKey } from './counters.ts';

test('counts by name and by the value of a label; what never happened is not there', () => {
  const counters = createCounters();
  counters.add('lease_expiries', 3);
  counters.add('lease_expiries');
  counters.add('repairs', 2, 'start');
  counters.add('repairs', 1, 'end');
  counters.add('stale_completions', 0);
  expect(counters.read()).toEqual({ lease_expiries: 4, 'repairs:start': 2, 'repairs:end': 1 });
});

test('keys come apart again; what a newer version counts is not known', () => {
  expect(readCounterKey('lease_expiries')).toEqual({ name: 'lease_expiries', value: null });
  expect(readCounterKey('parked_messages:tracks-a:b')).toEqual({ name: 'parked_messages', value: 'tracks-a:b' });
  expect(readCounterKey('toString')).toBeNull();
  expect(countRetries(new Map([['deadlock', 2]]))).toEqual({ 'transaction_retries:deadlock': 2 });
});
