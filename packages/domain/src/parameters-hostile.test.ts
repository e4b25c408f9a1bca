import { expect, test } from '@jest/globals';
import { parseVertex } from './graph-definition-parse.ts';

test('a JSON value that hides how objects become numbers and texts is a value like any other', () => {
  const hostile = { toString: '', valueOf: 1 };
  const parsed = parseVertex({ name: 'A', script: 'true', input: { a: { type: 'json', default: hostile } } });
  expect(parsed).toMatchObject({ ok: true, value: { input: { a: { default: hostile } } } });
});
