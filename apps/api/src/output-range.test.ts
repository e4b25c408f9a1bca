import { expect, test } from '@jest/globals';
import { parseRange, piecesIn } from './output-range.ts';

test.each([
  ['bytes=0-3', { from: 0, to: 4 }],
  ['bytes=2-', { from: 2, to: 10 }],
  ['bytes=-3', { from: 7, to: 10 }],
  ['bytes=-99', { from: 0, to: 10 }],
  ['bytes=8-99', { from: 8, to: 10 }],
  ['bytes=10-', null],
  ['bytes=5-4', null],
  ['bytes=-0', null],
  ['bytes=-', null],
  ['bytes=0-1,4-5', null],
  ['lines=0-1', null],
  [undefined, null],
])('of ten bytes %s is %j', (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});

test('a range is cut out of the pieces that it touches, for every range', () => {
  const texts = ['abc', '', 'd', 'efgh', 'ij'];
  const whole = texts.join('');
  const pieces = texts.map((text, seq) => ({ seq, byteCount: text.length }));
  for (let from = 0; from < whole.length; from += 1) {
    for (let to = from + 1; to <= whole.length; to += 1) {
      const cut = [...piecesIn(pieces, { from, to })].map(({ seq, start, end }) => texts[seq]?.slice(start, end));
      expect(cut.join('')).toBe(whole.slice(from, to));
    }
  }
});
