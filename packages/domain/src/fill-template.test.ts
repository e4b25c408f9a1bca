import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillTemplate, findTemplateNames } from './fill-template.ts';
import type { JsonValue } from './parameters-value.ts';

const VALUES = {
  params: { ip: '10.0.0.1', n: 5, list: [1, { a: '{ip}' }], brace: '{n}', none: null },
  outputs: { A: { key: 'out' }, 'my vertex': { key: '{A.key}' } },
};

test.each([
  ['{ip}', '10.0.0.1'],
  ['{n}', 5],
  ['{list}', [1, { a: '{ip}' }]],
  ['{none}', null],
  ['{A.key}', 'out'],
  ['{my vertex.key}', '{A.key}'],
  ['http://{ip}:{n}/{A.key}', 'http://10.0.0.1:5/out'],
  ['x{list}{none}', 'x[1,{"a":"{ip}"}]null'],
  ['{brace}{brace}', '{n}{n}'],
  ['{absent}-', '-'],
  ['{}{ ip }{1}{a b}${x y}', '{}{ ip }{1}{a b}${x y}'],
  ['{ip', '{ip'],
  [
    { hosts: ['{ip}', '{absent}'], '{n}': { deep: '{n}' }, not: '{absent}' },
    { hosts: ['10.0.0.1', null], '{n}': { deep: 5 }, not: null },
  ],
  [5, 5],
  [null, null],
  [true, true],
] as [JsonValue, JsonValue][])('%j becomes %j', (template, value) => {
  expect(fillTemplate(template, VALUES)).toEqual({ kind: 'value', value });
});

test('a parameter without a value is absent, an output that is not there is a problem', () => {
  expect(fillTemplate('{absent}', VALUES)).toEqual({ kind: 'absent' });
  expect(fillTemplate('{constructor}', VALUES)).toEqual({ kind: 'value', value: '{constructor}' });
  for (const template of ['{A.other}', ['x {B.key}'], '{toString.key}', '{A.hasOwn}']) {
    expect(fillTemplate(template, VALUES)).toMatchObject({ kind: 'problem' });
  }
  expect(fillTemplate('{B.key}', VALUES)).toEqual({
    kind: 'problem',
    problem: 'expected an output key of B for {B.key}, found none',
  });
});

test('findTemplateNames names each placeholder once, in order', () => {
  expect(findTemplateNames({ a: '{x} {A.key} {x}', b: ['{y}', { c: '{z}' }], d: 1, e: null })).toEqual([
    'x',
    'A.key',
    'y',
    'z',
  ]);
  expect(findTemplateNames('{a b} {1}')).toEqual([]);
});

test('a value is data, whatever it holds', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, text) => {
      const values = { params: { p: value as JsonValue, t: text }, outputs: {} };
      expect(fillTemplate('{p}', values)).toEqual({ kind: 'value', value });
      expect(fillTemplate('<{t}>', values)).toEqual({ kind: 'value', value: `<${text}>` });
    }),
    { seed: 1 },
  );
});
