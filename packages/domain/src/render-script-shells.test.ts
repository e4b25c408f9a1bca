import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTestRounds } from '@baton/devstack/testing';
import { parseDeclarations } from './parameters-declaration.ts';
import { findPlaceholders, renderScript } from './render-script.ts';
import { HOSTILE_VALUES } from './testing-hostile.ts';

/**
 * The promise held against real shells: whatever the value and the place, the script sees the value byte for byte as data,
 * or the script is refused. Every hostile value would create the canary if any part of it ran. By itself each value goes into
 * each place in one of the shells, turn and turn about; `BATON_E2E_ROUNDS=150 npm test -- render-script-shells` tries each in
 * all of them, and so many random texts in each.
 */
const ROUNDS = readTestRounds();

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'render-script-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `sh` is dash on Debian and Ubuntu. */
const SHELLS = ['sh', 'bash'].filter((shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0);

/** `SEE` prints each of its arguments between marks, so that nothing is lost. */
const SEE = `see() { for seen do printf '<%s>' "$seen"; done; }\n`;

/** A place, and what a script that stands there prints for a value; null where strings are refused. */
type Place = [name: string, script: string, expected: ((value: string) => string) | null];
const asIs = (value: string): string => `<${value}>`;

const PLACES: Place[] = [
  ['bare word', 'see {x}', asIs],
  ['bare word in the middle', 'see a/{x}.log', (value) => `<a/${value}.log>`],
  ['two in one word', 'see {x}{x}', (value) => `<${value}${value}>`],
  ['double quotes', 'see "a {x} b"', (value) => `<a ${value} b>`],
  ['after a variable', 'd=1; see "$d{x}" $d{x}', (value) => `<1${value}><1${value}>`],
  ['single quotes', `see 'a {x} "b"'`, (value) => `<a ${value} "b">`],
  ['heredoc', 'y=$(cat <<EOF\n{x}\nEOF\nprintf .)\nsee "$y"', (value) => `<${value}\n.>`],
  ['heredoc, tabs stripped', 'y=$(cat <<-EOF\n\t{x} "\n\tEOF\nprintf .)\nsee "$y"', (value) => `<${value} "\n.>`],
  ['comment', 'see 1 # {x} it\'s "$(\nsee 2', () => '<1><2>'],
  ['$( )', 'y=$(printf "%s." {x}); see "$y"', (value) => `<${value}.>`],
  ['$( ) in double quotes', 'see "$(printf "%s." "{x}")"', (value) => `<${value}.>`],
  ['backticks', 'y=`printf "%s." {x}`; see "$y"', (value) => `<${value}.>`],
  ['path', 'y=/tmp/{x}/file; see "$y"', (value) => `</tmp/${value}/file>`],
  ['assignment', 'y={x}; see "$y"', asIs],
  ['assignment before a command', 'y={x} sh -c \'printf "<%s>" "$y"\'', null],
  ['export', 'export y={x}; see "$y"', asIs],
  ['case subject', 'case {x} in *) see {x};; esac', asIs],
  ['case pattern', 'y={x}; case "$y" in {x}) see yes;; *) see no;; esac', () => '<yes>'],
  ['pattern of several', 'y={x}; case "$y" in (a|{x}|b) see yes;; *) see no;; esac', () => '<yes>'],
  ['test', 'if [ {x} = "$PARAM_x" ]; then see yes; fi', () => '<yes>'],
  ['test of emptiness', 'if [ -n "{x}" ]; then see {x}; else see ""; fi', asIs],
  ['loop', 'for y in a {x}; do see "$y"; done', (value) => `<a><${value}>`],
  ['function body', 'f() { see {x}; }\nf', asIs],
  ['arguments of a function', 'f() { see "$@"; }; f {x} "{x}"', (value) => `<${value}><${value}>`],
  ['pipeline', 'printf \'%s\' {x} | { y=$(cat; printf .); see "$y"; }', (value) => `<${value}.>`],
  ['subshell', '(see {x})', asIs],
  ['after a variable and a continued line', 'd=1; see "$d\\\n{x}"', (value) => `<1${value}>`],
  ['before a redirection', 'd=$(printf "%s." {x}2>&1); see "$d"', (value) => `<${value}2.>`],
  ['redirection', 'mkdir -p d;   : > d/n"$(printf %s {x} | od -An -tx1 | tr -d " \\n")"; see {x}', asIs],
  ['and-or', 'true && see {x} || see no', asIs],
  ['set --', 'set -- {x}; see "$1"', asIs],
  ['escaped', 'see \\{x} "\\{x}"', () => '<{x}><\\{x}>'],
  ["the script's own", 'x=own; see ${x} "${x}" {x,y} {1..2}', null],
  ['command', '{x}', null],
  ['path of a command', './{x} a', null],
  ['arithmetic', 'see $(({x} + 1))', null],
  ['arithmetic command', '(( {x} )) || true', null],
  ['[[ -eq', '[[ {x} -eq 1 ]] || true', null],
  ['[ -v', '[ -v {x} ] || true', null],
  ['operator of a test', '[ {x} "a[\\$(touch CANARY)]" ] || true', null],
  ['[[ after ||', '[[ a || {x} == b ]] || true', null],
  ['eval', 'eval "see {x}"', null],
  ['eval of a word', 'eval see {x}', null],
  ['eval through $( )', 'eval "$(printf %s {x})"', null],
  ['sh -c', "sh -c 'printf %s {x}'", null],
  ['bash -c', 'bash -c "printf %s {x}"', null],
  ['env sh -ec', 'env A=1 sh -ec "printf %s {x}"', null],
  ['xargs sh', 'echo {x} | xargs sh -c', null],
  ['a pipe into sh', "printf '%s' {x} | sh", null],
  ['a pipe into sh with 2>', "printf '%s' {x} | sh 2>/dev/null", null],
  ['a pipe into { sh; }', "printf '%s' {x} | { sh; }", null],
  ['a pipe into a loop of sh', "printf '%s' {x} | while true; do sh; break; done", null],
  ['heredoc of sh', 'sh <<EOF\nprintf %s {x}\nEOF', null],
  ['heredoc piped into sh', 'cat <<EOF | sh\nprintf %s {x}\nEOF', null],
  ['heredoc of a block with sh', '{ sh; } <<EOF\nprintf %s {x}\nEOF', null],
  ['quoted heredoc', "cat <<'EOF'\n{x}\nEOF", null],
  ['ssh', 'ssh host echo {x}', null],
  ['backticks in backticks', 'see `echo \\`echo {x}\\``', null],
  ['inside ${ }', 'see ${y:-{x}}', null],
  ['ANSI quotes', "see $'{x}'", null],
  ['array', 'a=({x})', null],
  ['subscript', 'a[{x}]=1', null],
  ['declare -i', 'declare -i n={x}', null],
  ['integer variable', 'declare -i n\nn={x}', null],
  ['read', 'echo 1 | read {x}', null],
  ['printf -v', 'printf -v {x} 1', null],
  ['unset', 'unset {x}', null],
  ['trap', 'trap {x} EXIT', null],
  ['source', '. {x}', null],
  ['awk', `awk 'BEGIN { print "{x}" }'`, null],
  ['an unknown command', '$command {x}', null],
  ['time -p eval', 'time -p eval {x}', null],
  ['PS4', 'PS4={x}; set -x; true', null],
];

function inputOf(type = 'string'): ReturnType<typeof parseDeclarations>['declarations'] {
  return parseDeclarations({ x: { type, required: true } }, '').declarations;
}

function isRefused(script: string): boolean {
  const found = findPlaceholders({ script, shell: null, declarations: inputOf() });
  return found.some(({ refusal }) => refusal !== null);
}

function runScript(shell: string, script: string, value: string): { output: string; errors: string } {
  const rendered = renderScript({ script: SEE + script, shell, declarations: inputOf(), values: { x: value } });
  const environment = { PATH: process.env['PATH'] ?? '', ...rendered.environment };
  const options = shell === 'bash' ? ['--norc', '-e', '-c'] : ['-e', '-c'];
  const result = spawnSync(shell, [...options, rendered.script], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { output: result.stdout, errors: result.stderr };
}

/** Those that a shell tries in a place, each of them by number. */
function valuesFor(shell: number, place: number): readonly string[] {
  if (ROUNDS !== null) return HOSTILE_VALUES;
  return HOSTILE_VALUES.filter((_, value) => (value + place) % SHELLS.length === shell);
}

describe.each(SHELLS)('%s', (shell) => {
  test.each(PLACES.filter(([, , expected]) => expected !== null))('%s: the value is data', (name, script, expected) => {
    expect(isRefused(script)).toBe(false);
    const place = PLACES.findIndex(([other]) => other === name);
    for (const value of valuesFor(SHELLS.indexOf(shell), place)) {
      const { output, errors } = runScript(shell, script, value);
      expect({ value, output, errors }).toEqual({ value, output: expected?.(value), errors: '' });
      expect(existsSync(join(folder, 'CANARY'))).toBe(false);
    }
  });

  test('any text at all is data in every place', () => {
    const places = PLACES.filter(([, , expected]) => expected !== null).filter(([name]) => name !== 'redirection');
    const text = fc
      .string({ unit: fc.constantFrom(...Array.from(`aZ09 \n\t'"\`$(){}[]<>|&;\\*?~#!=%^-+@,./:_é`)) })
      .filter((x) => !x.includes('\0'));
    fc.assert(
      fc.property(text, fc.constantFrom(...places), (value, [, script, expected]) => {
        expect(runScript(shell, script, value).output).toBe(expected?.(value));
      }),
      { numRuns: ROUNDS ?? 50 },
    );
  });
});

test.each(PLACES.filter(([name, , expected]) => expected === null && name !== "the script's own"))(
  '%s: a string is refused',
  (_name, script) => {
    expect(isRefused(script)).toBe(true);
    const render = (): unknown => renderScript({ script, shell: null, declarations: inputOf(), values: { x: 'a' } });
    expect(render).toThrow(/PARAM_x/);
  },
);
