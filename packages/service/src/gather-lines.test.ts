import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { gatherLines } from './gather-lines.ts';

function makeStream() {
  const calls: string[] = [];
  const stream = gatherLines({
    write: (text) => calls.push(text),
    flush: (callback) => {
      calls.push('flush');
      callback();
    },
    flushSync: () => void calls.push('flushSync'),
  });
  return { stream, calls };
}

test('the lines of one turn are one write, at its end, and those of the next turn another one', async () => {
  const { stream, calls } = makeStream();
  stream.write('a\n');
  stream.write('b\n');
  expect(calls).toEqual([]);
  await nextTurn();
  expect(calls).toEqual(['a\nb\n']);
  stream.write('c\n');
  await nextTurn();
  await nextTurn();
  expect(calls).toEqual(['a\nb\n', 'c\n']);
});

test('nothing waits for the end of a turn that may not come: before a flush, and at the end of the process', async () => {
  const { stream, calls } = makeStream();
  stream.write('a\n');
  stream.flushSync();
  stream.write('b\n');
  stream.flush(() => calls.push('flushed'));
  stream.write('c\n');
  stream.passOn();
  const expected = ['a\n', 'flushSync', 'b\n', 'flush', 'flushed', 'c\n'];
  expect(calls).toEqual(expected);
  await nextTurn();
  expect(calls).toEqual(expected);
});
