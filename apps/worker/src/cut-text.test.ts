import { expect, test } from '@jest/globals';
import { cutText } from './cut-text.ts';

test.each([
  ['abc', 5, 'abc'],
  ['abc', 2, 'ab'],
  ['a\u{1F600}b', 4, 'a\u{1F600}b'],
  ['a\u{1F600}b', 3, 'a\u{1F600}'],
  ['a\u{1F600}b', 2, 'a\uFFFD'],
  ['a\uDE00b', 3, 'a\uFFFDb'],
])('%j cut to %i is %j', (text, length, cut) => {
  expect(cutText(text, length)).toBe(cut);
});
