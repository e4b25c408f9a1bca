import { describe, expect, test } from '@jest/globals';
import type { Completion } from '@baton/domain';
import { parseNext } from './make-completion.ts';
import type { RunResult } from './runner/index.ts';
import { ENDED, play } from './testing-track.ts';

/** What scripts leave in files becomes part of the completion, or goes with it. */

async function completionOf(result: Partial<RunResult>): Promise<Completion | undefined> {
  const { reported } = await play({ execute: () => Promise.resolve({ ...ENDED, ...result }) });
  expect(reported).toHaveLength(1);
  return reported[0]?.completion;
}

describe('$BATON_NEXT', () => {
  test.each([
    ['', null],
    ['\n \n', null],
    ['B\n', ['B']],
    [' B \r\n\nC', ['B', 'C']],
    ['x'.repeat(300), ['x'.repeat(190)]],
    [`${'x'.repeat(189)}\u{1F600}`, [`${'x'.repeat(189)}\uFFFD`]],
  ])('%j names %j', (text, names) => {
    expect(parseNext(text)).toEqual(names);
  });

  test('more lines than a completion takes are cut', () => {
    expect(parseNext('B\n'.repeat(20_000))).toHaveLength(10_000);
  });

  test('goes with the completion', async () => {
    expect((await completionOf({ next: 'B\nC\n' }))?.next).toEqual(['B', 'C']);
  });
});

describe('$BATON_OUTPUT', () => {
  async function reportOf(text: string, result: Partial<RunResult> = {}) {
    const { reported } = await play({ execute: async () => ({ ...ENDED, ...result, output: Buffer.from(text) }) });
    return { values: { ...reported[0]?.values }, completion: reported[0]?.completion };
  }

  test.each([
    ['a success', { exitCode: 0 }],
    ['a failure', { exitCode: 1 }],
    ['a timeout', { exitCode: null, timedOut: true }],
  ])('goes with %s', async (_title, result) => {
    expect((await reportOf('a=1\nb=2', result)).values).toEqual({ a: '1', b: '2' });
  });

  test('of a lost attempt is nothing', async () => {
    expect((await reportOf('a=1', { exitCode: null, guarded: true })).values).toEqual({});
  });

  test.each([
    ['a success is bad_output', 0, 'bad_output'],
    ['a failure stays one', 3, 'exited'],
  ])('with a problem hands nothing on: %s, and every problem is in the detail', async (_title, exitCode, outcome) => {
    const { values, completion } = await reportOf(`a=1\nhunter2\n${'hunter2\n'.repeat(100)}`, { exitCode });
    expect(values).toEqual({});
    expect(completion).toMatchObject({ outcome, exitCode });
    expect(completion?.detail).toMatch(
      /\$BATON_OUTPUT cannot be used: line 2: expected key=value.*; line 3: .*; and 81 more$/,
    );
    expect(completion?.detail).not.toContain('hunter2');
  });

  test('that cannot be read makes a success bad_output', async () => {
    const completion = await completionOf({ outputProblem: '$BATON_OUTPUT must be a plain file' });
    expect(completion).toMatchObject({ outcome: 'bad_output', detail: '$BATON_OUTPUT must be a plain file' });
  });
});
