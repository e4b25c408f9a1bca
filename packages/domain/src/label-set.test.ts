import { expect, test } from '@jest/globals';
import { DEFAULT_LABEL, labelSetOf } from './label-set.ts';

test('a set of labels has one text, whatever their order; no labels are the set of default', () => {
  expect(labelSetOf([])).toBe(DEFAULT_LABEL);
  expect(labelSetOf(['linux', 'gpu', 'linux'])).toBe('gpu+linux');
});
