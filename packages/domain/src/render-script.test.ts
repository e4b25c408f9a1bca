import { describe, expect, test } from '@jest/globals';
import { BatonError } from './errors.ts';
import { parseDeclarations } from './parameters-declaration.ts';
import type { JsonValue } from './parameters-value.ts';
import { checkPlaceholders, renderScript } from './render-script.ts';
import { findDialect } from './render-script-dialect.ts';
import { outputVariable, splitOutputReference } from './render-script-outputs.ts';

const INPUT = {
  ip: { type: 'str', required: true },
  n: { type: 'int', required: true },
  f: { type: 'float', default: 0.5 },
  b: { type: 'bool', default: true },
  key: { type: 'str', secret: true },
  pin: { type: 'int', secret: true, required: true },
  may: { type: 'int' },
  data: { type: 'json' },
};
const declarations = parseDeclarations(INPUT, '').declarations;
const VALUES: Record<string, JsonValue> = {
  ip: '127.0.0.1',
  n: 3,
  f: 0.5,
  b: true,
  key: 'abc',
  pin: 7,
  data: { a: ["'"] },
};

function render(script: string, values: Record<string, JsonValue> = {}, shell: string | null = null): string {
  return renderScript({ script, shell, declarations, values: { ...VALUES, ...values } }).script;
}

function refusalOf(script: string, shell: string | null = null): string {
  return checkPlaceholders({ script, shell, declarations, hasVertex: (name) => name === 'A' })
    .map(({ message }) => message)
    .join('\n');
}

describe('literals and references', () => {
  test.each<[string, Record<string, JsonValue>, string]>([
    ['ping {ip}', {}, 'ping 127.0.0.1'],
    ['ping {ip}', { ip: '10.0.0.1; reboot' }, 'ping "${PARAM_ip}"'],
    ['ping {ip}', { ip: '' }, 'ping "${PARAM_ip}"'],
    ['ping {ip}', { ip: '-f' }, 'ping -f'],
    ['ping "{ip}"', {}, 'ping "127.0.0.1"'],
    ['ping "{ip}"', { ip: 'a b' }, 'ping "${PARAM_ip}"'],
    ["ping '{ip}'", {}, "ping '127.0.0.1'"],
    ["ping '{ip}'", { ip: "a'b" }, `ping ''"\${PARAM_ip}"''`],
    ['# to {ip}\nping {ip} # {key}', {}, '# to 127.0.0.1\nping 127.0.0.1 # {key}'],
    ['# to {ip}', { ip: 'a\nreboot' }, '# to {ip}'],
    ['cat <<EOF\n{ip}\nEOF', { ip: 'EOF' }, 'cat <<EOF\n${PARAM_ip}\nEOF'],
    ['echo $x{ip} "$x{ip}" "$1{ip}"', {}, 'echo $x"${PARAM_ip}" "$x${PARAM_ip}" "$1${PARAM_ip}"'],
    [
      'echo ~{ip} [{ip}] a{b,{ip}} {ip}* {ip}>out',
      {},
      'echo ~"${PARAM_ip}" ["${PARAM_ip}"] a{b,"${PARAM_ip}"} "${PARAM_ip}"* "${PARAM_ip}">out',
    ],
    ['case a in {ip}) echo;; esac', { ip: 'esac' }, 'case a in "${PARAM_ip}") echo;; esac'],
    ['echo {key} "{key}"', {}, 'echo "${PARAM_key}" "${PARAM_key}"'],
    ['echo {data}', {}, 'echo "${PARAM_data}"'],
    ['echo {n} {f} {b}', {}, 'echo 3 0.5 true'],
    ['echo {f}', { f: 1e21 }, 'echo 1e+21'],
    ['echo $(({n}-{n}))', { n: -3 }, 'echo $(((-3)-(-3)))'],
    ['echo $(({n}))', {}, 'echo $((3))'],
    ['echo $(( {b} ))', {}, 'echo $(( 1 ))'],
    ['echo $(( {b} ))', { b: false }, 'echo $(( 0 ))'],
    ['if {b}; then sleep {n}; fi', {}, 'if true; then sleep 3; fi'],
    ['eval "x={n}"; eval y$x{n}', {}, 'eval "x=3"; eval y$x"${PARAM_n}"'],
    ["sh -c 'exit {n}'", {}, "sh -c 'exit 3'"],
    ['sh <<EOF\nexit {n}\nEOF', {}, 'sh <<EOF\nexit ${PARAM_n}\nEOF'],
    ['echo ${x:-{n}}', {}, 'echo ${x:-3}'],
    ['echo ${ip} $ip {ip,x} {nobody} \\{ip} {} {ip', {}, 'echo ${ip} $ip {ip,x} {nobody} \\{ip} {} {ip'],
    ["echo '${ip}' '{print $1}'", {}, "echo '${ip}' '{print $1}'"],
    ['echo {n}2>out a{n}b<in', {}, 'echo "${PARAM_n}"2>out a"${PARAM_n}"b<in'],
    ['echo "$d\\\n{ip} $d\\\ne{ip}"', {}, 'echo "$d\\\n${PARAM_ip} $d\\\ne${PARAM_ip}"'],
    ['echo {ip} "\\${ip}" $${ip} \\${ip}', {}, 'echo 127.0.0.1 "\\${ip}" $${ip} \\${ip}'],
    ['echo "\\${ip}"', {}, 'echo "\\${ip}"'],
    ['ping {ip}', { ip: '$&$1$`' }, 'ping "${PARAM_ip}"'],
  ])('%s with %j', (script, values, expected) => {
    expect(render(script, values)).toBe(expected);
  });

  test('the environment holds every declared parameter, an empty text where there is no value', () => {
    const { environment } = renderScript({ script: 'true', shell: null, declarations, values: VALUES });
    expect({ ...environment }).toMatchObject({ PARAM_ip: '127.0.0.1', PARAM_may: '', PARAM_data: '{"a":["\'"]}' });
  });

  test('outputs are references, whatever they are made of', () => {
    const hasVertex = (name: string): boolean => name === 'A' || name === 'build app';
    const outputs = new Map([['A.url', 'http://x']]);
    const script = 'curl {A.url} "{build app.tag}" {B.url} # {A.url}';
    const rendered = renderScript({ script, shell: null, declarations, values: VALUES, hasVertex, outputs });
    expect(rendered.script).toBe('curl "${OUTPUT_A__url}" "${OUTPUT_build_000020app__tag}" {B.url} # {A.url}');
    expect(rendered.environment).toMatchObject({ OUTPUT_A__url: 'http://x', OUTPUT_build_000020app__tag: '' });
  });

  test('a number that is none by the time of rendering is never put in', () => {
    expect(() => render('echo $(({n}))', { n: 'a[$(id)]' })).toThrow(BatonError);
  });
});

test('a fault of the lexer itself is no refusal', () => {
  let calls = 0;
  const hasVertex = (): boolean => {
    calls += 1;
    if (calls > 1) throw new TypeError('broken');
    return true;
  };
  expect(() => checkPlaceholders({ script: 'echo {A.x}', shell: null, declarations, hasVertex })).toThrow(TypeError);
});

describe('refusals', () => {
  test('say where, which place, and what to do instead', () => {
    expect(refusalOf('true\neval "x {ip}"')).toBe(
      'expected {ip} where a value is only data, found it at line 2, column 9 of the script in the arguments of eval; ' +
        'use the environment variable PARAM_ip there',
    );
    expect(refusalOf('eval {A.url}')).toContain('use the environment variable OUTPUT_A__url there');
  });

  test.each([
    ['eval {pin}', 'secret'],
    ['eval {may}', 'without a value'],
    ["cat <<'EOF'\n{n}\nEOF", 'delimiter is quoted'],
    ['#!/usr/bin/python3\nprint({n})', 'another interpreter'],
    ["echo '{ip}", 'cannot be read with certainty (a single quote that is not closed, line 1, column 6)'],
  ])('%s', (script, reason) => {
    expect(refusalOf(script)).toContain(reason);
    expect(() => render(script)).toThrow(BatonError);
  });

  test('shells whose rules are not checked take numbers alone', () => {
    expect(refusalOf('echo {ip}', 'zsh')).toContain('rules are not checked');
    expect(refusalOf('echo {n}', 'ksh')).toBe('');
    expect(refusalOf('echo {n}', 'python3')).toContain('another interpreter');
  });
});

test.each<[string, string | null, string]>([
  ['echo', null, 'posix'],
  ['#!/bin/sh -e\n', null, 'posix'],
  ['#! /bin/bash', null, 'posix'],
  ['#!/usr/bin/env bash\n', null, 'posix'],
  ['#!/usr/bin/env -S bash --norc -e\n', null, 'posix'],
  ['#!/usr/bin/env\n', null, 'other'],
  ['#!/bin/bash -c\n', null, 'other'],
  ['#!/bin/sh script\n', null, 'other'],
  ['#!/usr/bin/perl\n', null, 'other'],
  ['#!/usr/bin/perl\n', 'bash', 'posix'],
  ['echo', '/bin/dash', 'posix'],
  ['echo', 'zsh', 'numbers_only'],
  ['echo', 'node', 'other'],
  ['echo', '', 'other'],
])('the language of %j with shell %j is %s', (script, shell, expected) => {
  expect(findDialect(script, shell)).toBe(expected);
});

test('outputs have variables of their own', () => {
  expect(splitOutputReference('a.b.c')).toEqual({ vertex: 'a.b', key: 'c' });
  for (const name of ['a', '.c', 'a.', 'a.1', 'a.constructor']) expect(splitOutputReference(name)).toBeNull();
  const variables = [
    { vertex: 'a', key: '_b' },
    { vertex: 'a_', key: 'b' },
    { vertex: 'a__b', key: 'c' },
    { vertex: 'a', key: 'b__c' },
    { vertex: '一', key: 'c' },
    { vertex: '_004e00', key: 'c' },
    { vertex: '😀', key: 'c' },
  ].map(outputVariable);
  expect(new Set(variables).size).toBe(variables.length);
  for (const variable of variables) expect(variable).toMatch(/^[A-Za-z_]\w*$/);
});
