import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addLineNotes, describeLineRange, readLineNote } from './failing-line.ts';
import type { ScriptBench } from './failing-line.testing.ts';
import { openScriptBench, SHELLS } from './failing-line.testing.ts';

let bench: ScriptBench;
beforeAll(() => {
  bench = openScriptBench();
});
afterAll(() => bench.remove());

const FAILING: { title: string; script: string; lines: string }[] = [
  { title: 'the example', script: 'echo "v"\nsum=bad\ntest "$sum" = good\necho "never"\n', lines: '3-3' },
  { title: 'a silent command', script: 'echo one\nfalse\necho three\n', lines: '2-2' },
  { title: 'the only line', script: 'false', lines: '1-1' },
  { title: 'a missing command', script: 'echo one\n\nno-such-command x\n', lines: '3-3' },
  { title: 'an exit', script: 'echo one\nexit 7\n', lines: '2-2' },
  { title: 'a line after comments', script: '#!/bin/sh -e\n# (a` \\\n\necho\n# {\nfalse # end\n#\n', lines: '6-6' },
  { title: 'an if counts as one', script: 'echo\nif true; then\n  false\nelse\n  echo\nfi\necho\n', lines: '2-6' },
  { title: 'a loop counts as one', script: 'echo\nfor x in 1 2; do\n  echo $x\n  false\ndone\necho\n', lines: '2-5' },
  { title: 'a while', script: 'echo\nwhile true\ndo\n  false\ndone >out.txt 2>&1\n\n# end\n', lines: '2-5' },
  { title: 'after nested blocks', script: 'if false; then\nif true; then echo; fi\nfi\nfalse\necho\n', lines: '4-4' },
  { title: 'a pipe over lines', script: 'echo\necho |\n  # between\n  false\necho\n', lines: '2-4' },
  { title: 'a list over lines', script: 'true && # why\n\n  false ||\n  false\necho\n', lines: '1-4' },
  { title: 'after expansions', script: 'x="a $(date +%s) ${y:-z}"\n! false\nfalse\n', lines: '3-3' },
  { title: 'after quoted words', script: 'echo "if # it\'s" \'done "\' a#b ; # "\nfalse\necho\n', lines: '2-2' },
  { title: 'after redirections', script: 'echo a 2>&1 >out.txt\n>made.txt\ncat <made.txt\nfalse\n', lines: '4-4' },
  { title: 'an unset variable', script: 'set -eu\necho "$missing"\necho\n', lines: '2-2' },
  { title: 'a signal', script: 'echo\nkill -9 $$\necho\n', lines: '2-2' },
];

describe.each(SHELLS)('the failing line under %s', (shell) => {
  test.each(FAILING)('$title: $lines', ({ script, lines }) => {
    expect(bench.findFailingLines(shell, script)).toBe(lines);
  });
});

describe('scripts that run as they are', () => {
  test.each([
    ['#!/usr/bin/env python3\nprint(1)\n', null],
    ['#!/bin/sh -x\necho\necho\n', null],
    ['#!/bin/bash -a\necho\necho\n', null],
    ['print 1\nprint 2\n', 'python3'],
    ['echo\necho\n', 'zsh'],
    ['echo\nsed -n 1p "$0"\n', 'sh'],
    ['set -ex\necho\n', null],
    ['echo\necho "$PIPESTATUS"\n', 'bash'],
    ['echo debug\necho\n', 'bash'],
    ['echo "$_"\necho\n', 'bash'],
    ['POSIXLY_CORRECT=1\necho\n', 'bash'],
    ['', null],
  ])('%j with shell %j', (script, shell) => {
    expect(addLineNotes({ script, shell }, '/line')).toBe(script);
    expect(readLineNote({ script, shell }, '2\n')).toBeNull();
  });

  test('one statement needs no note to be found', () => {
    const source = { script: '#!/bin/sh\nfor x in a; do\n  false\ndone\n', shell: null };
    expect(addLineNotes(source, '/line')).toBe(source.script);
    expect(readLineNote(source, null)).toEqual({ first: 2, last: 4 });
  });

  test('the default shell and a #! line of a shell are noted', () => {
    for (const first of ['', '#!/bin/sh\n', '#!/usr/bin/env bash\n', '#! /bin/dash -eu\n']) {
      const script = `${first}echo\nfalse\n`;
      expect(addLineNotes({ script, shell: null }, '/line')).toContain('_baton_line ');
    }
  });

  test('a word of any length is read, a script beyond the limit is not', () => {
    const script = `echo ${'x'.repeat(40_000)}\necho "${'$x'.repeat(20_000)}"\n`;
    expect(addLineNotes({ script, shell: null }, '/line')).not.toBe(script);
    const unclosed = `echo "${'$x'.repeat(40_000)}\necho\n`;
    expect(addLineNotes({ script: unclosed, shell: null }, '/line')).toBe(unclosed);
    const large = script.repeat(2);
    expect(addLineNotes({ script: large, shell: null }, '/line')).toBe(large);
  });
});

describe('the note is the script’s to write', () => {
  const source = { script: 'echo\nfalse\n', shell: null };
  test.each([null, '', '0\n', '3\n', '-1\n', '2.5\n', '99999999999\n', 'x', '2\n2\n'])('%j says nothing', (note) => {
    expect(readLineNote(source, note)).toBeNull();
  });

  test('a line is described with its text, a long one cut', () => {
    expect(describeLineRange({ first: 2, last: 2 }, source.script)).toBe('line 2: false');
    expect(describeLineRange({ first: 1, last: 2 }, source.script)).toBe('lines 1 to 2: echo');
    expect(describeLineRange({ first: 1, last: 1 }, 'x'.repeat(300))).toBe(`line 1: ${'x'.repeat(200)}...`);
    const divided = `${'x'.repeat(199)}\u{1F600}`;
    expect(describeLineRange({ first: 1, last: 1 }, divided)).toBe(`line 1: ${'x'.repeat(199)}\uFFFD...`);
  });
});
