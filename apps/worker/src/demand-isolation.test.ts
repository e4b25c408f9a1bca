import { expect, test } from '@jest/globals';
import { refuseUnaskedWeakness } from './demand-isolation.ts';

test('a worker whose scripts could read its token starts only where somebody accepted that', () => {
  expect(() => refuseUnaskedWeakness('process-group', undefined)).toThrow('BATON_ISOLATION=process-group');
  expect(() => refuseUnaskedWeakness('process-group', 'process-group')).not.toThrow();
  expect(() => refuseUnaskedWeakness('user-namespace', undefined)).not.toThrow();
});
