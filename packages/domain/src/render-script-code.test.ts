import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseDeclarations } from './parameters-declaration.ts';
import { checkPlaceholders } from './render-script.ts';

/**
 * Scripts in which a value becomes code though it stands there as a quoted reference. Each is run like that by real shells,
 * which shows that the refusal has a reason, and must be refused.
 */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'render-script-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SUBSCRIPT = 'b[$(touch CANARY)]';

const RUNS_VALUE: [name: string, script: string, value: string][] = [
  ['a subscript with blanks', 'arr[ {x} ]=1', SUBSCRIPT],
  ['a subscript of several words', 'arr[i + {x}]=1', SUBSCRIPT],
  ['a subscript before +=', 'arr[ {x}]+=1', SUBSCRIPT],
  ['a subscript after a continued line', 'arr\\\n[{x}]=1', SUBSCRIPT],
  ['a subscript inside of another', 'arr[0 * b[0] + {x} ]=1', SUBSCRIPT],
  ['a subscript after another assignment', 'a=1 arr[ {x} ]=1', SUBSCRIPT],
  ['a subscript with an operator', 'arr[1 | {x}]=1', SUBSCRIPT],
  ['a subscript with blanks in an array', 'arr=([ {x} ]=1)', SUBSCRIPT],
  ['$(( on two lines', 'echo $(\\\n(1 + {x}))', SUBSCRIPT],
  ['(( on two lines', '(\\\n(1 + {x} ))', SUBSCRIPT],
  ['(( on three lines after if', 'if (\\\n\\\n(1 < {x})); then true; fi', SUBSCRIPT],
  ['&> on two lines after eval', 'eval &\\\n>log echo {x}', '$(touch CANARY)'],
  ['the end of a heredoc on two lines', 'cat <<EOF\nEO\\\nF\n{x}\nEOF', 'touch CANARY'],
  ['an interpreter behind an unknown wrapper', 'nice nice perl -e {x}', 'system "touch CANARY"'],
  ['split --filter', 'echo a | split --filter={x}', 'touch CANARY'],
  ['tar --checkpoint-action', 'tar cf a.tar . --checkpoint=1 --checkpoint-action=exec={x}', 'touch CANARY'],
  ['braces in the name of a command', '{eval,:} {x}', '\n touch CANARY'],
  ['an option of declare that is not literal', 'o=-i; declare $o n; n={x}', SUBSCRIPT],
  ['declare inside of eval', "eval 'declare -i n'; n={x}", SUBSCRIPT],
  ['a list for an array that is declared again', 'a=(1); declare a={x}', '($(touch CANARY))'],
  ['a list for an array by an element', 'a[0]=1; typeset a={x}', '($(touch CANARY))'],
  ['a list for an array that was read', 'echo 1 > f; read -r -a a < f; declare a={x}', '($(touch CANARY))'],
  ['a list for an array of lines', 'echo 1 > f; mapfile a < f; declare a={x}', '($(touch CANARY))'],
  ['an alias', 'alias y=eval\ny {x}', 'touch CANARY'],
];

/** The script with a reference in the place of each placeholder, whatever the place; returns the shells that ran the value. */
function findShellsThatRun(script: string, value: string): string[] {
  const isHeredoc = script.includes('<<');
  const text = script.replaceAll('{x}', isHeredoc ? value : '"${PARAM_x}"');
  return ['sh', 'bash'].filter((shell) => {
    rmSync(join(folder, 'CANARY'), { force: true });
    const env = { PATH: process.env['PATH'] ?? '', PARAM_x: value };
    spawnSync(shell, ['-c', text], { cwd: folder, env, stdio: 'ignore' });
    return existsSync(join(folder, 'CANARY'));
  });
}

test.each(RUNS_VALUE)('%s runs the value, and is refused', (_name, script, value) => {
  const { declarations } = parseDeclarations({ x: { type: 'string', required: true } }, '');
  expect(findShellsThatRun(script, value)).not.toEqual([]);
  expect(checkPlaceholders({ script, shell: null, declarations })).toHaveLength(1);
});
