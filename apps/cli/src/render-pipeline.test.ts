import { describe, expect, test } from '@jest/globals';
import picocolors from 'picocolors';
import { findFailingLines, renderFailure } from './failure-report.ts';
import { formatDuration, formatTable, printable, shorten } from './format.ts';
import { findDepths } from './graph-depth.ts';
import { createLiveView } from './live-view.ts';
import { formatEnd, renderSnapshot } from './render-pipeline.ts';
import { makeDetails, makeEnded, makePipeline, makeTrack } from './testing/rows.ts';
import { summariseOutput } from './track-output.ts';

const colors = picocolors.createColors(false);
const nowMs = Date.parse('2026-11-23T07:00:09.000Z');
const view = { colors, columns: 80, rows: 24, nowMs, depths: new Map<string, number>() };

test('durations are told in the unit that suits them', () => {
  expect([0, 12.4, 999, 1000, 59_999, 125_000, 11_520_000].map(formatDuration)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '2 min 5 s',
    '3 h 12 min',
  ]);
});

test('text of others cannot move the cursor', () => {
  expect(printable('a\x1b[31mred\x1b[0m\rb\x07\u202ec')).toBe('ared b  c');
  expect(shorten('接力接力', 3)).toBe('接力…');
});

test('columns line up under wide characters', () => {
  expect(
    formatTable(
      colors,
      ['name', 'x'],
      [
        ['接力', '1'],
        ['abcd', '2'],
      ],
    ),
  ).toBe('name  x\n接力  1\nabcd  2');
});

test('a track that has ended is one line', () => {
  const succeeded = makeEnded({ vertex: 'C' }, 12_288, 12_300);
  expect(formatEnd(succeeded, makePipeline(), colors)).toBe('[12.3s] C SUCCEED on worker-1 in 12 ms');
  const failed = makeEnded({ vertex: 'B', state: 'FAILED', exitCode: 7, reason: 'exit_code', attempt: 2 }, 0, 40);
  expect(formatEnd(failed, makePipeline(), colors)).toBe(
    '[0.0s] B FAILED on worker-1 in 40 ms (attempt 2): exit code 7',
  );
});

describe('the live picture', () => {
  const tracks = [
    makeEnded({ id: 1, vertex: 'A' }, 0, 200),
    makeTrack({ id: 2, vertex: 'B' }),
    makeTrack({ id: 3, vertex: 'C', state: 'RUNNING', worker: 'worker-2', startedAt: '2026-11-23T07:00:07.000Z' }),
  ];
  const pipeline = makePipeline({ counts: { ...makePipeline().counts, SUCCEED: 1, RUNNING: 1, WAITING: 1 } });

  test('of a small pipeline is a tree in the order of the flow', () => {
    const depths = findDepths(
      ['A', 'B', 'C'],
      [
        { tail: 'A', head: 'B' },
        { tail: 'A', head: 'C' },
        { tail: 'C', head: 'B' },
      ],
    );
    expect([...depths]).toEqual([
      ['A', 0],
      ['C', 1],
      ['B', 2],
    ]);
    expect(renderSnapshot({ pipeline, tracks }, { ...view, depths })).toEqual([
      'test1 (pipeline 7) RUNNING 9.0 s',
      '████████░░░░░░░░░░░░░░░░ 1/3  1 SUCCEED, 1 RUNNING, 1 WAITING',
      '  ✔ A  200 ms  worker-1',
      '    ● C  2.0 s  worker-2',
      '      · B',
    ]);
  });

  test('of a large one shows what failed and runs, and fits the terminal', () => {
    const many = Array.from({ length: 1312 }, (_, id) =>
      id < 100
        ? makeTrack({ id, vertex: `running ${'long '.repeat(40)}`, state: 'RUNNING' })
        : makeTrack({ id, vertex: `v${id}`, state: id === 700 ? 'FAILED' : 'SUCCEED' }),
    );
    const lines = renderSnapshot({ pipeline, tracks: many }, { ...view, rows: 12 });
    expect(lines.length).toBeLessThan(12);
    expect(lines.every((line) => line.length < 80)).toBe(true);
    expect(lines[2]).toContain('✖ v700');
    expect(lines.at(-1)).toBe('  and 94 more');
  });

  test('is drawn over the one before, and not when nothing has changed', () => {
    const written: string[] = [];
    const live = createLiveView({ write: (text: string) => void written.push(text) });
    live.draw(['one', 'two']);
    live.draw(['one', 'two']);
    live.draw(['three']);
    expect(written).toHaveLength(2);
    expect(written[1]).toContain('\x1b[2Athree\x1b[K\n\x1b[J');
  });
});

describe('a failed track', () => {
  test.each([
    ['line 3: false', '', { first: 3, last: 3 }],
    ['lines 4 to 6: for x in a; do', '', { first: 4, last: 6 }],
    [null, 'hello\n/runs/x/script: 5: foo: not found\n', { first: 5, last: 5 }],
    [null, '/runs/x/script: line 8: foo: command not found\n', { first: 8, last: 8 }],
    [null, 'nothing of the kind', null],
  ])('with the detail %j and the output %j failed at %j', (detail, output, expected) => {
    expect(findFailingLines(detail, output)).toEqual(expected);
  });

  test('is shown with its script, the line marked, and the last 20 lines of its output', () => {
    const script = 'echo 1\necho 2\nfalse\necho 4\n';
    const track = makeEnded({ vertex: 'v', state: 'FAILED', exitCode: 1, reason: 'exit_code', script }, 0, 5);
    const output = Array.from({ length: 30 }, (_, line) => `out ${line}\n`).join('');
    const lines = renderFailure(makeDetails(track, 'line 3: false'), output, colors);
    expect(lines.slice(0, 7)).toEqual([
      '✖ v FAILED at line 3 of its script: exit code 1  (track 101, attempt 1 on worker-1)',
      '  line 3: false',
      '    1  echo 1',
      '    2  echo 2',
      '  > 3  false',
      '    4  echo 4',
      '  the end of its output:',
    ]);
    expect(lines.slice(7)).toEqual(Array.from({ length: 20 }, (_, line) => `  | out ${line + 10}`));
  });
});

test('an output is summarised by its first and last line', () => {
  expect(['', '\n\n', 'a\n', 'a\nb\n', 'a\nb\nc\n'].map(summariseOutput)).toEqual(['', '', 'a', 'a | b', 'a … c']);
  expect(summariseOutput(`first\n${'x'.repeat(70_000)}\nlast\n`)).toBe('… last');
});
