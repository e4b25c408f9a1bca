import { describe, expect, test } from '@jest/globals';
import { MAX_MAP_ITEMS } from './graph-definition.ts';
import type { MapItems, MapSource } from './map-items.ts';
import { readMapItems } from './map-items.ts';
import { parseDeclarations } from './parameters-declaration.ts';
import { completeParameters, resolveParameters } from './parameters.ts';

const MAP = { over: 'list', as: 'item', concurrency: null, minSuccessPercent: 100 };

function read(source: MapSource, item: object = { type: 'int', min: 1 }): MapItems {
  const { declarations: input } = parseDeclarations({ item }, '');
  return readMapItems({ name: 'M', input }, MAP, source);
}

function messagesOf(items: MapItems): string[] {
  return items.ok ? [] : items.problems.map(({ message }) => message);
}

describe('readMapItems', () => {
  test('converts each item of a list, given or as a text', () => {
    expect(read({ value: [1, '08', 3] })).toEqual({ ok: true, items: [1, 8, 3] });
    expect(read({ text: '[1, "2"]' })).toEqual({ ok: true, items: [1, 2] });
    expect(read({ value: [] })).toEqual({ ok: true, items: [] });
    expect(read({ value: [{ a: [1] }, null] }, { type: 'json' })).toEqual({ ok: true, items: [{ a: [1] }, null] });
  });

  test('names each item that does not fit, by its index', () => {
    const items = read({ value: [1, 'x', 0, null] });
    expect(messagesOf(items)).toEqual([
      'expected item 1 of list of the map M to be an integer between -(2^53-1) and 2^53-1, found "x"',
      'expected item 2 of list of the map M to be at least 1, found 0',
      'expected item 3 of list of the map M to be an integer between -(2^53-1) and 2^53-1, found null',
    ]);
    expect(items).toMatchObject({ problems: [{ code: 'invalid_map', vertices: ['M'] }, {}, {}] });
    expect(messagesOf(read({ value: Array(150).fill(0) })).at(-1)).toContain('found 50 more that do not');
    expect(messagesOf(read({ value: ['hunter2'] }, { type: 'int', secret: true }))[0]).toContain('found another value');
  });

  test.each([
    [{ value: undefined }, 'found nothing, or a text that is no JSON'],
    [{ value: null }, 'found null'],
    [{ value: '[1]' }, 'found a value of another type (string)'],
    [{ value: { 0: 1 } }, 'found a value of another type (object)'],
    [{ text: undefined }, 'found nothing'],
    [{ text: '[1,' }, 'a text that is no JSON'],
    [{ text: '['.repeat(5000) + ']'.repeat(5000) }, 'a text that is no JSON'],
    [{ text: '5' }, 'found a value of another type (number)'],
    [{ value: Array(MAX_MAP_ITEMS + 1).fill(1) }, 'a list of at most 10000 items, found 10001'],
  ] as [MapSource, string][])('%# is no list', (source, message) => {
    expect(messagesOf(read(source))).toEqual([expect.stringContaining(message)]);
  });

  test('refuses items that are nested too deep to be kept', () => {
    const text = JSON.stringify([JSON.parse('['.repeat(25) + ']'.repeat(25)), 1]);
    expect(messagesOf(read({ text }, { type: 'json' }))).toEqual([
      expect.stringContaining('expected item 0 of list of the map M to be at most 24 levels, found'),
    ]);
  });

  test('takes as many items as there may be', () => {
    expect(read({ value: Array(MAX_MAP_ITEMS).fill(1) })).toMatchObject({ ok: true });
  });
});

describe('a map at the start', () => {
  const define = (list: object, onMissing: 'refuse' | 'ask' = 'refuse') => ({
    name: 'M',
    input: parseDeclarations({ list: { type: 'json', ...list }, item: { type: 'int', required: true } }, '')
      .declarations,
    policies: { onMissing, map: MAP },
  });

  test('needs no item, and takes none', () => {
    const { values, problems } = resolveParameters([define({})], { list: [1] });
    expect([{ ...values.get('M') }, problems]).toEqual([{ list: [1] }, []]);
    for (const key of ['item', 'M.item']) {
      const refused = resolveParameters([define({})], { list: [1], [key]: 5 });
      expect(refused.problems).toMatchObject([{ code: 'unknown_parameter', pointer: `/params/${key}` }]);
    }
    const other = { ...define({}), name: 'N', policies: { onMissing: 'refuse' as const } };
    expect(resolveParameters([define({ default: [] }), other], { item: 5 }).problems).toEqual([]);
  });

  test('refuses what is no list of items, where the list came from', () => {
    const problemsOf = (list: object, given: object) => resolveParameters([define(list)], { ...given }).problems;
    expect(problemsOf({}, { list: 5 })).toMatchObject([{ code: 'invalid_map', pointer: '/params/list' }]);
    expect(problemsOf({}, { 'M.list': ['x'] })).toMatchObject([{ code: 'invalid_map', pointer: '/params/M.list' }]);
    expect(problemsOf({ default: 'x' }, {})).toMatchObject([{ code: 'invalid_map', pointer: '/params/list' }]);
    expect(problemsOf({}, {})).toMatchObject([{ code: 'invalid_map', pointer: '/params/list' }]);
    expect(problemsOf({ required: true }, {})).toMatchObject([{ code: 'missing_parameter' }]);
    expect(problemsOf({}, { list: Infinity })).toMatchObject([{ code: 'invalid_parameter' }]);
  });

  test('a list that a person is asked for is looked at when it is given', () => {
    const vertex = define({ required: true }, 'ask');
    expect(resolveParameters([vertex], {})).toMatchObject({ problems: [], held: new Map([['M', ['list']]]) });
    expect(completeParameters(vertex, {}, { list: [1] })).toMatchObject({
      values: { list: [1] },
      missing: [],
      problems: [],
    });
    expect(completeParameters(vertex, {}, { list: ['x'] })).toMatchObject({ problems: [{ code: 'invalid_map' }] });
    expect(completeParameters(vertex, {}, {})).toMatchObject({ problems: [], missing: ['list'] });
  });

  test('a list from an output, or from the form of a gate without the item, is looked at later', () => {
    const map = { ...MAP, over: 'A.list' };
    const vertex = { ...define({}), policies: { onMissing: 'refuse' as const, map } };
    expect(resolveParameters([vertex], {}).problems).toEqual([]);
    const form = { ...define({}), input: parseDeclarations({ list: { type: 'json' } }, '').declarations };
    expect(completeParameters(form, {}, { list: ['any'] }).problems).toEqual([]);
    expect(completeParameters(form, {}, { list: 'x' }).problems).toMatchObject([{ code: 'invalid_map' }]);
  });
});
