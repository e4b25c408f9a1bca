import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderScript } from '@baton/domain';
import { HOSTILE_VALUES } from '@baton/domain/testing';
import { readHandedOn } from './make-completion.ts';
import { openRunner, type TestRunner } from './runner/testing/open-runner.ts';

/*
 * From script to script, by the real runner and real shells: what one writes the other sees byte for byte as data. Each
 * hostile value would create a file if any part of it ran.
 */

let runner: TestRunner;
beforeAll(async () => {
  runner = await openRunner();
});
afterAll(() => runner.close());

/** `see` prints each of its arguments between marks, so that nothing is lost. */
const SEE = `see() { for seen do printf '<%s>' "$seen"; done; }\n`;

/** Where the value stands in the script that gets it, and what that script prints. */
const PLACES: [script: string, expected: (value: string) => string][] = [
  ['see {A.x}', (value) => `<${value}>`],
  ['see "a {A.x} b" a/{A.x}.log', (value) => `<a ${value} b><a/${value}.log>`],
  [`see 'a {A.x} "b"'`, (value) => `<a ${value} "b">`],
  ['y=$(cat <<EOF\n{A.x}\nEOF\nprintf .)\nsee "$y"', (value) => `<${value}\n.>`],
  ['see 1 # {A.x} it\'s "$(\nsee 2', () => '<1><2>'],
  ['see "$(printf "%s." {A.x})"', (value) => `<${value}.>`],
  ['y={A.x}; see "$y"', (value) => `<${value}>`],
  ['case {A.x} in {A.x}) see yes;; *) see no;; esac', () => '<yes>'],
  ['for y in a {A.x}; do see "$y"; done', (value) => `<a><${value}>`],
];

async function handOn(script: string, shell: string, value: string): Promise<Record<string, string>> {
  const { output, outputProblem, exitCode, text } = await runner.runScript(`${script}\nls -A`, {
    shell,
    environment: { PARAM_x: value },
  });
  expect({ value, exitCode, text }).toEqual({ value, exitCode: 0, text: '' });
  const { values, problem } = readHandedOn({ output, outputProblem });
  expect(problem).toBeNull();
  return { ...values };
}

async function takeOver(shell: string, value: string): Promise<string> {
  const { script, environment } = renderScript({
    script: `${SEE}${PLACES.map(([place]) => `${place}\necho`).join('\n')}\nls -A\ncat "$BATON_INPUTS"`,
    shell,
    declarations: {},
    hasVertex: (name) => name === 'A',
    values: {},
    outputs: new Map([['A.x', value]]),
  });
  const inputs = JSON.stringify({ params: {}, outputs: { A: { x: value } } });
  const { exitCode, text } = await runner.runScript(script, { shell, environment, inputs });
  expect({ value, exitCode }).toEqual({ value, exitCode: 0 });
  return text;
}

describe.each(['dash', 'bash'])('%s', (shell) => {
  test.each(HOSTILE_VALUES)('%j is data all the way', async (value) => {
    const block = 'printf "x<<%s\\n%s\\n%s\\n" "-- end --" "$PARAM_x" "-- end --" >>"$BATON_OUTPUT"';
    expect(await handOn(block, shell, value)).toEqual({ x: value });
    if (!value.includes('\n')) {
      expect(await handOn('printf "x=%s\\n" "$PARAM_x" >>"$BATON_OUTPUT"', shell, value)).toEqual({ x: value });
    }
    const inputs = JSON.stringify({ params: {}, outputs: { A: { x: value } } });
    const printed = PLACES.map(([, expected]) => `${expected(value)}\n`).join('');
    expect(await takeOver(shell, value)).toBe(`${printed}${inputs}`);
  });
});

describe('what scripts write', () => {
  test.each([
    [
      'in pieces, without a newline at the end',
      'echo a=1 >>$BATON_OUTPUT; printf b=2 >>$BATON_OUTPUT',
      { a: '1', b: '2' },
    ],
    ['with lines as on Windows', 'printf "a=1\\r\\nb=2\\r\\n" >$BATON_OUTPUT', { a: '1', b: '2' }],
    ['twice', 'echo a=1 >>$BATON_OUTPUT; echo a=2 >>$BATON_OUTPUT', { a: '2' }],
    ['that is empty', ': >$BATON_OUTPUT', {}],
    ['and then fail', 'echo a=1 >$BATON_OUTPUT; exit 3', { a: '1' }],
  ])('%s', async (_title, script, values) => {
    const { output, outputProblem } = await runner.runScript(script);
    const read = readHandedOn({ output, outputProblem });
    expect({ ...read, values: { ...read.values } }).toEqual({ values, problem: null });
  });

  test.each([
    ['binary', 'head -c 1000 /dev/urandom >$BATON_OUTPUT', /cannot be used: line \d+: /],
    ['gigabytes', 'truncate -s 8G $BATON_OUTPUT', /holds 8589934592 bytes, at most 1048576/],
    ['a link to somewhere', 'ln -s /etc/passwd $BATON_OUTPUT', /must be a plain file/],
    ['a pipe', 'mkfifo $BATON_OUTPUT', /must be a plain file/],
    ['no UTF-8', 'printf "a=1\\nb=\\377\\n" >$BATON_OUTPUT', /line 2: expected UTF-8/],
  ])('%s is a problem', async (_title, script, problem) => {
    const { output, outputProblem } = await runner.runScript(script);
    const read = readHandedOn({ output, outputProblem });
    expect(read.problem).toMatch(problem);
    expect({ ...read.values }).toEqual({});
  });
});
