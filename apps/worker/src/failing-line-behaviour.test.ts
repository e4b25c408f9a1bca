import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addLineNotes, readLineNote } from './failing-line.ts';
import type { ScriptBench } from './failing-line.testing.ts';
import { openScriptBench, SHELLS } from './failing-line.testing.ts';

let bench: ScriptBench;
beforeAll(() => {
  bench = openScriptBench();
});
afterAll(() => bench.remove());

/** Each has two lines that would be noted if it were read as its lines look; not one may be touched. */
const REFUSED = [
  'test -e /x && \\\n# keep\necho REMOVED\n',
  'echo a \\\n  b\nfalse \\\n\\\n  a\n',
  'cat <<END\nfalse\nEND\nfalse\n',
  "cat <<-'E F'\n\tif\n\tE F\nfalse\n",
  'cat <<A; cat <<"B"\na\nA\nb\nB\n',
  'cat <<<here\nfalse\n',
  '[[ a == a\n&& b == b ]]\necho\n',
  '[[ a == b ]]\nfalse\n',
  'case a in\na) false ;;\nesac\necho\n',
  'ulimit -f 0\necho a\nfalse\n',
  "trap 'echo $?' EXIT\nfalse\n",
  'x=1 trap "" INT\nfalse\n',
  '>made.txt trap "" INT\nfalse\n',
  '12>made.txt trap "" INT\nfalse\n',
  '"trap" "" INT\nfalse\n',
  'c=trap\n$c "" INT\n',
  'f() {\n  false\n}\necho\nf\n',
  'function f\n{\n  false\n}\nf\n',
  '(\n  false\n)\necho\n',
  '{ false; } || true\necho\n',
  '{\n  false\n}\necho\n',
  'x=`false`\necho\n',
  'echo $(\n  echo\n)\n',
  'echo $((1 + 2))\nfalse\n',
  '((i = 1))\nfalse\n',
  "echo $'a\\'b'\nfalse\n",
  'echo $"a"\nfalse\n',
  'echo "a\n  b"\nfalse\n',
  "echo 'a\n  b'\nfalse\n",
  'echo "unterminated\nfalse\n',
  'echo "${x:-"a b"}"\nfalse\n',
  'echo "$(set)"\nfalse\n',
  'echo $(trap)\nfalse\n',
  'a=(\n  one\n)\nfalse\n',
  'a[0\n]=1\nfalse\n',
  'declare -F\nfalse\n',
  'set\nfalse\n',
  'set -- a b\nfalse\n',
  'set -C\nfalse\n',
  'set +e\nfalse\n',
  'eval false\necho\n',
  '. ./absent\necho\n',
  'alias a=b\na\n',
  'shopt -s extglob\nfalse\n',
  'builtin echo\nfalse\n',
  'select x in a\ndo\necho\ndone\nfalse\n',
  'coproc cat\nfalse\n',
  'true &\nwait $!\n',
  'echo {a,b}\nfalse\n',
  'if true; then\nfalse\n',
  'fi\nfalse\n',
  'if true; then fi\nfalse\n',
  'if true; then echo; fi echo\nfalse\n',
  'for x in a b | do echo; done\nfalse\n',
  'for x in a; echo; do echo; done\nfalse\n',
  'echo ;; echo\nfalse\n',
  'echo | | cat\nfalse\n',
  'echo >\nfalse\n',
  '&& echo\nfalse\n',
  'echo\nfalse ||\n',
  '!\nfalse\n',
  'echo a\r\nfalse\r\n',
  'echo a\0\nfalse\n',
  "echo 'a\r'\nfalse\n",
  "printf '%s\\n' a\nfalse\n",
  'export a[0\necho ]=1\nfalse\n',
  'for x in a; do echo; fi\nfalse\n',
  'for x in a\nif true; then echo; fi\ndo\necho\ndone\nfalse\n',
  'x=1 if true\nthen\necho\nfi\nfalse\n',
  '! ! true\nfalse\n',
  'echo a\u00A0b\nfalse\n',
  'echo a\u2028\nfalse\n',
];

test.each(REFUSED)('%j is not touched and says nothing of its lines', (script) => {
  for (const shell of SHELLS) {
    expect(addLineNotes({ script, shell }, bench.lineFile)).toBe(script);
    expect(readLineNote({ script, shell }, '1\n')).toBeNull();
  }
});

/** Plain scripts with what a note could change: the status, positions, output, options, descriptors. */
const NOTED = [
  'false || true\necho $?\n! true\necho $?\nfalse && true\necho $?\nexit\n',
  'echo $# "$@" "$*" $-\nshift || echo none\necho $LINENO\n',
  'set -eu -o pipefail\nfalse | true\necho\n',
  'exec 2>/dev/null\nnothing-there\n',
  'exec >out.txt\necho hidden\ncat out.txt >&2\n',
  'exec >&-\necho closed\necho\n',
  'exec 2>&- <&-\necho closed\nfalse\n',
  'exec 1>&- 2>&- 0<&-\necho a >made.txt\nls >more.txt\n',
  'IFS=0123456789\nPATH=\necho done\nls\n',
  'umask 777\necho >made.txt || true\nexit 3\n',
  'cd /\npwd\nfalse\n',
  'exec sh -c "exit 4"\necho\n',
  'sh -c "kill -9 $$" || echo\necho\n',
  "sh -c 'kill -9 $$' || echo $?\necho\n",
  'unset x\necho ${x:-a} $x\nreadonly x=1\nx=2\necho\n',
  'test -e /x &&\n# keep\n\necho REMOVED\necho kept\nfalse\n',
  'read -r x <script || echo $?\necho "$x"\nbreak\necho\n',
];

describe.each(SHELLS)('notes change nothing that a script can tell under %s', (shell) => {
  test.each(NOTED)('%j', (script) => {
    const noted = addLineNotes({ script, shell }, bench.lineFile);
    expect(noted).not.toBe(script);
    expect(noted.split('\n')).toHaveLength(script.split('\n').length);
    expect(bench.runScript(shell, noted)).toEqual(bench.runScript(shell, script));
  });
});

/** None of these ends a loop late or waits, in whatever order they come. */
// prettier-ignore
const PLAIN = [
  'echo a $?', 'false', 'true', 'x=1', 'echo "$x" \'b c\'', 'test "$x" = 1', 'echo a | cat', 'false || echo b', '# (note',
  'true && # why', 'false ||', 'echo a |', '', 'if test -n "$x"; then', 'fi', 'else', 'for x in 1 2; do', 'done', 'do',
  'for x in 1 2', '! false', 'echo a >made.txt', 'cat <made.txt', 'echo $(echo a)', 'exit 3', 'no-such-command', 'then',
  'if false', 'echo ; echo $LINENO', 'elif true; then',
];
const BLOCKS = [
  'if false\nthen\n  echo a\nelif test -z "$x"; then echo b; else\n  false\nfi',
  'for y in a b; do\n  echo "$y" | cat\ndone >made.txt',
  'until test -z "$z"\ndo\n  break\ndone || echo c',
  'echo a |\n# between\n\n  cat &&\n  false ||\n  echo b',
];
// prettier-ignore
const NASTY = [
  'true && \\', 'echo a \\', '# note \\', 'cat <<E', 'E', 'echo "a', 'b"', "echo 'a", "b'", '[[ a = a &&', 'b = b ]]',
  'case a in', 'a)', 'esac', 'f() {', '}', 'f', '{', '(', ')', '( false )', '{ echo a; }', 'true & wait', 'echo `', '`',
  'x=$(', 'echo )', 'echo $((1 +', '2))', "trap 'echo bye' EXIT", 'set -- a', 'echo ;;', 'a=(1', 'echo & echo', '&& true',
  '| cat', ';', '!', 'a[0', ']=1', 'echo >', 'for x', 'in a', 'echo $', '"', "'", '\\',
];

test('300 generated scripts behave the same with and without notes', () => {
  let countNoted = 0;
  const anyLine = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...PLAIN) }, fc.constantFrom(...NASTY));
  const plainLines = fc.array(fc.constantFrom(...PLAIN.slice(0, 9), ...BLOCKS), { minLength: 2, maxLength: 7 });
  const lines = fc.oneof(plainLines, fc.array(anyLine, { minLength: 2, maxLength: 9 }));
  const joined = fc.tuple(lines, fc.constantFrom('\n', '\n', '\n  ', ' ; ')).map(([pieces, by]) => pieces.join(by));
  fc.assert(
    fc.property(joined, fc.constantFrom(...SHELLS), (script, shell) => {
      const noted = addLineNotes({ script, shell }, bench.lineFile);
      if (noted === script) return;
      countNoted += 1;
      expect(bench.runScript(shell, noted)).toEqual(bench.runScript(shell, script));
    }),
    { numRuns: 300, seed: 2 },
  );
  expect(countNoted).toBeGreaterThan(100);
});
