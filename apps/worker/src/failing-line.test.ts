import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addLineNotes, describeLineRange, readLineNote } from './failing-line.ts';
import { findStatementLines } from './statement-lines.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-line's-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const SHELLS = ['dash', 'bash'];

function run(shell: string, text: string): { status: number | null; stdout: string; stderr: string } {
  const script = join(directory, 'script');
  writeFileSync(script, text);
  const environment = { PATH: '/usr/bin:/bin' };
  const result = spawnSync(shell, ['-e', script], { cwd: directory, encoding: 'utf8', env: environment });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

function findFailingLines(shell: string, script: string): string | null {
  const lineFile = join(directory, 'line');
  rmSync(lineFile, { force: true });
  run(shell, addLineNotes({ script, shell }, lineFile));
  const range = readLineNote({ script, shell }, existsSync(lineFile) ? readFileSync(lineFile, 'utf8') : null);
  return range === null ? null : `${range.first}-${range.last}`;
}

const FAILING: { title: string; script: string; lines: string }[] = [
  { title: 'a silent command', script: 'echo one\nfalse\necho three\n', lines: '2-2' },
  { title: 'the only line', script: 'false', lines: '1-1' },
  { title: 'a missing command', script: 'echo one\n\nno-such-command x\n', lines: '3-3' },
  { title: 'an exit', script: 'echo one\nexit 7\n', lines: '2-2' },
  { title: 'a line after comments', script: '#!/bin/sh -e\n# a comment\n\necho\n# more\nfalse\n# end\n', lines: '6-6' },
  { title: 'inside of if', script: 'if true; then\n  echo one\n  false\nfi\necho\n', lines: '3-3' },
  { title: 'in else', script: 'if false\nthen\n  echo\nelse\n  false\nfi\n', lines: '5-5' },
  { title: 'in a group', script: 'echo\n{\n  echo\n  false\n}\n', lines: '4-4' },
  { title: 'a loop counts as one', script: 'echo\nfor x in 1 2; do\n  echo $x\n  false\ndone\necho\n', lines: '2-5' },
  { title: 'a function counts as its call', script: 'f() {\n  false\n}\necho\nf\necho\n', lines: '5-5' },
  { title: 'a subshell counts as one', script: 'echo\n(\n  false\n)\n', lines: '2-4' },
  { title: 'case counts as one', script: 'case a in\na)\n  false\n  ;;\nesac\necho\n', lines: '1-5' },
  { title: 'a continued line', script: 'echo\nfalse \\\n  a b\necho\n', lines: '2-3' },
  { title: 'a pipe over lines', script: 'echo\necho |\n  false\necho\n', lines: '2-3' },
  { title: 'after a heredoc', script: 'cat <<END >/dev/null\nfalse\nif\nEND\nfalse\n', lines: '5-5' },
  { title: 'a heredoc in quotes', script: "cat <<-'E F' >/dev/null\n\t$(\n\tE F\nfalse\n", lines: '4-4' },
  { title: 'after quotes over lines', script: 'x="a\nb $(echo "c")\nd"\nfalse\n', lines: '4-4' },
  { title: 'after arithmetic', script: 'x=$((1 << 2))\ny=${x#4}\nfalse\n', lines: '3-3' },
  { title: 'an unset variable', script: 'set -u\necho "$missing"\necho\n', lines: '2-2' },
  { title: 'a trap of its own', script: "trap 'echo bye' EXIT\nfalse\n", lines: '2-2' },
  { title: 'under noclobber', script: 'set -C\necho\nfalse\n', lines: '3-3' },
  { title: 'a signal', script: 'echo\nkill -9 $$\necho\n', lines: '2-2' },
];

describe.each(SHELLS)('the failing line under %s', (shell) => {
  test.each(FAILING)('$title: $lines', ({ script, lines }) => {
    expect(findFailingLines(shell, script)).toBe(lines);
  });
});

/** What a note must not change: status, output, traps, positions, nesting. Each runs with and without notes. */
const UNCHANGED = [
  ...FAILING.map(({ script }) => script),
  'false || true\necho $?\n! true\necho $?\nfalse && true\necho $?\nset +e\n(exit 9)\necho $?\n(exit 5)\nexit\n',
  'set -- a b\necho "$@" $#\nf() { echo "$1" $#; return 3; }\nf x || echo $?\n',
  "trap 'echo trapped $?' EXIT\ntrap 'echo usr1' USR1\nkill -USR1 $$\ntrap\nfalse\n",
  'f()\n{\n  echo in f\n}\nf\ng() (\n  echo in g\n)\ng\n',
  'f()\n(\n  echo in f\n)\nf\ng()\n\nif true; then echo in g; fi\ng\n',
  '{ false; } && {\n  echo never\n}\necho after\nfalse\n',
  'while read -r line\ndo\n  echo "<$line>"\ndone <<A\nfirst\nsecond\nA\necho end\n',
  'cat <<A; cat <<"B"\n$((1+2)) `echo x`\nA\n$((1+2))\nB\necho after\n',
  'x=`echo "it\'s" | tr a b`\necho "$x"\necho "${x:-it}" \'# no\' # yes "\necho a#b "a"#b ${#x}\n',
  'case x in\n  (a|b) echo ab ;;\n  x)\n    echo x\n    case y in y) echo y;; esac ;;\nesac\necho "$(case q in q) echo q;; esac)"\n',
  'echo a &&\n\n# between\n  echo b ||\n  echo c\necho d |\n  cat\n',
  'if\n  true\nthen echo yes; else\n  echo no\nfi\nuntil true; do :; done\nif true; then if false; then echo; elif true; then\necho deep\nfi; fi\n',
  'echo "a\n  b" \'c\n  d\' e\\\nf\necho "$(\n  echo "in $(echo here)"\n)"\n',
  'set -C\nset -u\nset -f\nIFS=0123456789\necho * done\n',
  'exec 2>/dev/null\nnothing-there\n',
  'exec >out.txt\necho hidden\ncat out.txt >&2\n',
  '( exit 4 ) || echo $?\n{ echo a; echo b; } | cat\n>made.txt\nls made.txt\n',
  'echo "unterminated\nfalse\n',
  'echo )\nfalse\n',
  'if true; then\n',
  'fi\nfalse\n',
  'x=$(cat <<E\none )\nE\n)\necho "$x"\n',
  'sleep 0.01 &\nwait $!\necho $?\n',
  'eval "false\ntrue" || echo eval\neval "\nfalse"\n',
  'echo \\\n\\\n  joined\necho $$ >/dev/null\necho "$#" $? "$*"\n',
  '. ./absent-file\necho\n',
  '   echo indented\n\techo tab\n   :\n  false\n',
];
const UNCHANGED_IN_BASH = [
  'a=(\n  one\n  if\n  "two three"\n)\necho "${a[@]}"\nfalse\n',
  'a=(x\ny)\nb=()\necho ${#a[@]} ${#b[@]}\nfalse\n',
  'if [[ a < b && ( x == x ||\n  y == z ) ]]; then\n  echo yes\nfi\n((i = 3 << 1))\necho $i\nfalse\n',
  'cat <<<"here $(echo s)"\nread -r x < <(echo proc)\necho $x\nfalse\n',
  'function f {\n  echo f\n}\nf\nfalse\n',
  "trap 'echo err $LINENO $?' ERR\nset -E\necho one\nf() {\n  false\n}\nf\n",
  "echo $'it\\'s'\nfalse\n",
  'shopt -s extglob\ncase ab in\n  @(ab|c)) echo match;;\nesac\necho $LINENO\nfor ((i=0;i<2;i++)); do\n  echo $i\ndone\nfalse\n',
  'echo {a,b}{1,2}\nselect x in a b; do\n  echo $x\n  break\ndone <<<1\nfalse\n',
  'set -o pipefail\nfalse | true\necho never\n',
];

describe('notes change nothing that a script can tell', () => {
  const cases = [
    ...SHELLS.flatMap((shell) => UNCHANGED.map((script) => [shell, script] as const)),
    ...UNCHANGED_IN_BASH.map((script) => ['bash', script] as const),
  ];
  test.each(cases)('%s: %j', (shell, script) => {
    const lineFile = join(directory, 'line');
    for (const file of ['out.txt', 'made.txt', 'line']) rmSync(join(directory, file), { force: true });
    const plain = run(shell, script);
    for (const file of ['out.txt', 'made.txt']) rmSync(join(directory, file), { force: true });
    const noted = addLineNotes({ script, shell }, lineFile);
    expect(noted.split('\n')).toHaveLength(script.split('\n').length);
    expect(run(shell, noted)).toEqual(plain);
  });
});

describe('scripts that run as they are', () => {
  test.each([
    ['#!/usr/bin/env python3\nprint(1)\n', null],
    ['#!/bin/sh -x\necho\n', null],
    ['print(1)\n', 'python3'],
    ['echo\n', 'zsh'],
    ['sed -n 1p "$0"\n', 'sh'],
    ['set -ex\necho\n', null],
    ['set -o xtrace\necho\n', 'bash'],
    ['trap "echo" DEBUG\n', 'bash'],
    ['true | false || echo ${PIPESTATUS[0]}\n', 'bash'],
    ['echo "$_"\n', 'bash'],
    ['', null],
  ])('%j with shell %j', (script, shell) => {
    expect(addLineNotes({ script, shell }, '/line')).toBe(script);
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
});

test.each(['if true; then\necho\n', 'echo a\n(\necho\n', 'echo\necho "\n', 'cat <<A\nb\n', 'echo\nfi\necho\n'])(
  '%j does not come out even, so nothing in it is noted',
  (script) => expect(findStatementLines(script)).toEqual([]),
);

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
