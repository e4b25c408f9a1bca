import { expect, test } from '@jest/globals';
import { DEFAULT_LABEL, labelSetOf, labelsOf, servesLabels } from './label-set.ts';

test('a set of labels has one text, whatever their order; no labels are the set of default', () => {
  expect(labelSetOf([])).toBe(DEFAULT_LABEL);
  expect(labelSetOf(['linux', 'gpu', 'linux'])).toBe('gpu+linux');
});

test('a worker may run what asks for nothing that it does not serve; no labels ask for default', () => {
  const served = ['gpu', 'linux'];
  expect(servesLabels(served, ['gpu'])).toBe(true);
  expect(servesLabels(served, labelsOf(labelSetOf(['linux', 'gpu'])))).toBe(true);
  expect(servesLabels(served, ['gpu', 'arm'])).toBe(false);
  expect(servesLabels(served, [])).toBe(false);
  expect(servesLabels([DEFAULT_LABEL], [])).toBe(true);
});
