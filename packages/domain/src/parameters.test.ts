import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ParameterisedVertex } from './parameters.ts';
import { completeParameters, resolveParameters } from './parameters.ts';
import { isParameterName, MAX_PARAMETERS_PER_VERTEX, parseDeclarations } from './parameters-declaration.ts';
import type { JsonValue, ParameterType } from './parameters-value.ts';
import { convertValue, isJsonValue, MAX_VALUE_BYTES, MAX_VALUE_LEVELS, PARAMETER_TYPES } from './parameters-value.ts';

/** Lists within each other. */
function nest(levels: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

function vertexOf(name: string, input: object, onMissing: 'refuse' | 'ask' = 'refuse'): ParameterisedVertex {
  const { declarations, problems } = parseDeclarations(input, '/input');
  expect(problems).toEqual([]);
  return { name, input: declarations, policies: { onMissing } };
}

function refusalOf(declaration: unknown): string[] {
  const { problems, declarations } = parseDeclarations({ p: declaration }, '/input');
  expect(Object.keys(declarations)).toEqual(problems.length === 0 ? ['p'] : []);
  return problems.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);
}

describe('convertValue', () => {
  const cases: [ParameterType, unknown, JsonValue | undefined][] = [
    ['integer', '08', 8],
    ['integer', '+8', 8],
    ['integer', '-0', 0],
    ['integer', 8.0, 8],
    ['integer', 2 ** 53 - 1, 2 ** 53 - 1],
    ['integer', 2 ** 53, undefined],
    ['integer', '9007199254740993', undefined],
    ['integer', '8.5', undefined],
    ['integer', 8.5, undefined],
    ['integer', '', undefined],
    ['integer', ' 8', undefined],
    ['integer', '8\n', undefined],
    ['integer', '0x8', undefined],
    ['integer', '٣', undefined],
    ['integer', true, undefined],
    ['integer', null, undefined],
    ['number', '1e3', 1000],
    ['number', '.5', 0.5],
    ['number', '-2.', -2],
    ['number', 1.5, 1.5],
    ['number', '', undefined],
    ['number', 'NaN', undefined],
    ['number', 'Infinity', undefined],
    ['number', '1e999', undefined],
    ['number', Number.NaN, undefined],
    ['number', [], undefined],
    ['boolean', true, true],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', 'True', undefined],
    ['boolean', 1, undefined],
    ['boolean', '', undefined],
    ['string', '', ''],
    ['string', 'a\nb', 'a\nb'],
    ['string', 5, '5'],
    ['string', true, 'true'],
    ['string', null, undefined],
    ['string', {}, undefined],
    ['string', Number.POSITIVE_INFINITY, undefined],
    ['string', 'a\0b', undefined],
    ['string', '\ud800', undefined],
    ['string', '中'.repeat(34_133), '中'.repeat(34_133)],
    ['string', '中'.repeat(34_134), undefined],
    ['string', 'x'.repeat(MAX_VALUE_BYTES), 'x'.repeat(MAX_VALUE_BYTES)],
    ['string', 'x'.repeat(MAX_VALUE_BYTES + 1), undefined],
    ['json', { a: [1, null, 'x'] }, { a: [1, null, 'x'] }],
    ['json', '{"a":1}', '{"a":1}'],
    ['json', null, null],
    ['json', { toString: '', valueOf: 1 }, { toString: '', valueOf: 1 }],
    ['json', { a: Number.NaN }, undefined],
    ['json', undefined, undefined],
    ['json', ['\ud800'], undefined],
    ['json', { '\udfff': 1 }, undefined],
    ['json', ['\\\udbff'], undefined],
    ['json', ['😀', '\\ud800', '\0'], ['😀', '\\ud800', '\0']],
    ['json', nest(MAX_VALUE_LEVELS), nest(MAX_VALUE_LEVELS)],
    ['json', nest(MAX_VALUE_LEVELS + 1), undefined],
    ['json', Object.fromEntries([['a', nest(MAX_VALUE_LEVELS)]]), undefined],
  ];
  test.each(cases)('%s takes %j as %j', (type, given, expected) => {
    const converted = convertValue(type, given);
    expect(converted.ok ? converted.value : undefined).toStrictEqual(expected);
    if (!converted.ok) expect(converted.expected).not.toBe('');
  });
  test('no depth overflows it', () => expect(convertValue('json', nest(100_000)).ok).toBe(false));

  test('every integer survives its text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(convertValue('integer', String(value))).toEqual({ ok: true, value: value + 0 });
      }),
      { seed: 1 },
    );
  });

  test('a value of great depth does not recurse', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(isJsonValue(deep)).toBe(true);
  });
});

describe('parseDeclarations', () => {
  test('normalises types and rules', () => {
    const { declarations } = parseDeclarations({ port: { type: 'int', default: '08', choices: ['08', 9] } }, '/input');
    expect({ ...declarations['port'] }).toEqual({
      type: 'integer',
      required: false,
      default: 8,
      choices: [8, 9],
      pattern: null,
      min: null,
      max: null,
      secret: false,
      description: null,
    });
    const names = ['str', 'string', 'int', 'integer', 'float', 'number', 'bool', 'boolean', 'json'];
    const types = names.map((type) => parseDeclarations({ p: { type } }, '').declarations['p']?.type);
    expect(new Set(types)).toEqual(new Set(PARAMETER_TYPES));
    expect(parseDeclarations({ p: {} }, '').declarations['p']?.type).toBe('string');
  });

  test.each<[string, unknown, string[]]>([
    ['a type nobody knows', { type: 'date' }, ['bad_input /input/p/type']],
    ['no object', 5, ['bad_input /input/p']],
    ['unknown fields', { typ: 'str', requird: true }, ['bad_input /input/p/typ', 'bad_input /input/p/requird']],
    ['a default of another type', { type: 'int', default: 'x' }, ['bad_input /input/p/default']],
    ['a default outside the choices', { choices: ['a'], default: 'b' }, ['bad_input /input/p/default']],
    [
      'a default against every rule',
      { default: 'bbb', pattern: 'a+', max: 2 },
      ['bad_input /input/p/default', 'bad_input /input/p/default'],
    ],
    ['a choice of another type', { type: 'bool', choices: [1] }, ['bad_input /input/p/choices/0']],
    ['choices of json', { type: 'json', choices: [1] }, ['bad_input /input/p/choices']],
    ['min over max', { type: 'int', min: 3, max: 2 }, ['bad_input /input/p/min']],
    ['min of a bool, max of a json', { type: 'bool', min: 0 }, ['bad_input /input/p/min']],
    ['a length that is none', { min: -1, max: 1.5 }, ['bad_input /input/p/min', 'bad_input /input/p/max']],
    ['a pattern of a number', { type: 'float', pattern: '1' }, ['bad_input /input/p/pattern']],
    ['a pattern that is none', { pattern: '(' }, ['bad_input /input/p/pattern']],
    ['a pattern that is too large', { pattern: 'a{0,900}' }, ['bad_input /input/p/pattern']],
    ['a pattern beyond RE2', { pattern: '(a)\\1' }, ['bad_input /input/p/pattern']],
    ['a default that is no JSON', { type: 'json', default: Number.NaN }, ['bad_input /input/p/default']],
    [
      'several at once',
      { type: 'int', min: 3, max: 2, pattern: '(' },
      ['bad_input /input/p/pattern', 'bad_input /input/p/pattern', 'bad_input /input/p/min'],
    ],
  ])('refuses %s', (_name, declaration, expected) => {
    const found = refusalOf(declaration);
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(expected);
    for (const line of found) expect(line).toMatch(/expected .+(found|,)/);
  });

  test('takes null as no default, except for json', () => {
    expect(parseDeclarations({ p: { default: null } }, '').declarations['p']).not.toHaveProperty('default');
    expect(parseDeclarations({ p: { type: 'json', default: null } }, '').declarations['p']).toHaveProperty(
      'default',
      null,
    );
  });

  test('refuses names that no environment or object should carry', () => {
    for (const name of [
      '',
      '1a',
      'a-b',
      'a.b',
      'ä',
      'a b',
      'x'.repeat(64),
      'BASH_FUNC_x%%',
      '__proto__',
      'constructor',
      'toString',
    ]) {
      expect(isParameterName(name)).toBe(false);
    }
    for (const name of ['a', '_', 'A1', 'PATH', 'x'.repeat(63)]) expect(isParameterName(name)).toBe(true);
    const hostile: unknown = JSON.parse('{"__proto__": {"type": "int", "polluted": 1}, "constructor": {}}');
    const { declarations, problems } = parseDeclarations(hostile, '/input');
    expect(Object.keys(declarations)).toEqual([]);
    expect(problems.map(({ pointer }) => pointer)).toEqual([
      '/input/__proto__',
      '/input/__proto__/polluted',
      '/input/constructor',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(declarations)).toBeNull();
  });

  test('refuses too many, and what is no object', () => {
    const names = Array.from({ length: MAX_PARAMETERS_PER_VERTEX + 1 }, (_, index) => [`p${index}`, {}]);
    expect(parseDeclarations(Object.fromEntries(names), '/input').problems).toHaveLength(1);
    expect(parseDeclarations([], '/input').problems).toHaveLength(1);
  });

  test('a catastrophic pattern takes linear time', () => {
    const vertex = vertexOf('A', { p: { pattern: '(a+)+$' } });
    const { problems } = resolveParameters([vertex], { p: `${'a'.repeat(20_000)}!` });
    expect(problems.map(({ code }) => code)).toEqual(['invalid_parameter']);
  });
});

describe('resolveParameters', () => {
  const ping = { ip: { type: 'str', required: true, default: '127.0.0.1' }, count: { type: 'int' } };

  test('the vertex wins over the plain name, that over the default', () => {
    const vertices = [vertexOf('A', ping), vertexOf('B', ping), vertexOf('a.b', ping), vertexOf('C', {})];
    const { values, problems } = resolveParameters(vertices, { ip: '10.0.0.1', 'B.ip': 'b', 'a.b.count': '08' });
    expect(problems).toEqual([]);
    expect([...values].map(([name, found]) => [name, { ...found }])).toEqual([
      ['A', { ip: '10.0.0.1' }],
      ['B', { ip: 'b' }],
      ['a.b', { ip: '10.0.0.1', count: 8 }],
      ['C', {}],
    ]);
    expect({ ...resolveParameters(vertices, {}).values.get('A') }).toEqual({ ip: '127.0.0.1' });
  });

  test('names every problem at once', () => {
    const vertices = [
      vertexOf('A', { n: { type: 'int', required: true, max: 5 }, s: { required: true }, t: { min: 1, max: 2 } }),
      vertexOf('B', {
        n: { type: 'int', required: true, max: 5 },
        s: { required: true },
        k: { secret: true, choices: ['x'] },
      }),
      vertexOf('C', { held: { required: true }, also: { required: true } }, 'ask'),
    ];
    const given = JSON.parse(
      '{"n": 9, "x/y": 1, "__proto__": 1, "B.t": 1, "Z.n": 1, ".n": 1, "t": "long", "k": "hunter2"}',
    );
    const { problems, held } = resolveParameters(vertices, given);
    expect(problems.map(({ code, pointer, vertices: names }) => `${code} ${pointer} ${names?.join(' ')}`)).toEqual([
      'unknown_parameter /params/x~1y undefined',
      'unknown_parameter /params/__proto__ undefined',
      'unknown_parameter /params/B.t undefined',
      'unknown_parameter /params/Z.n undefined',
      'unknown_parameter /params/.n undefined',
      'invalid_parameter /params/n A',
      'invalid_parameter /params/t A',
      'invalid_parameter /params/k B',
      'missing_parameter /params/s A B',
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect([...held]).toEqual([['C', ['held', 'also']]]);
  });

  test('shortens what it names when much is missing', () => {
    const vertices = Array.from({ length: 25 }, (_, index) => vertexOf(`v${index}`, { p: { required: true } }));
    const { problems } = resolveParameters(vertices, { q: 1 }, '/p');
    expect(problems[1]?.message).toMatch(/v19, \.\.\., found none$/);
    expect(problems[1]?.vertices).toHaveLength(25);
    expect(resolveParameters([vertexOf('A', {})], { q: 1 }).problems[0]?.message).toContain('(none)');
  });

  test('holds lengths and values against both bounds', () => {
    const vertex = vertexOf('A', { s: { min: 2, max: 3 }, n: { type: 'float', min: -1, max: 1 } });
    const codesOf = (given: object): number => resolveParameters([vertex], { ...given }).problems.length;
    expect([codesOf({ s: '中文' }), codesOf({ s: 'a' }), codesOf({ s: 'abcd' })]).toEqual([0, 1, 1]);
    expect([codesOf({ n: -1 }), codesOf({ n: -1.1 }), codesOf({ n: '1.1' })]).toEqual([0, 1, 1]);
  });

  test('completes what a person gives later', () => {
    const vertex = vertexOf('A', { p: { required: true }, q: { type: 'int', required: true }, r: {} }, 'ask');
    expect(completeParameters(vertex, { p: '1' }, {})).toEqual({ values: { p: '1' }, missing: ['q'], problems: [] });
    expect(completeParameters(vertex, { p: '1' }, { 'A.q': '08', p: '2' })).toEqual({
      values: { p: '2', q: 8 },
      missing: [],
      problems: [],
    });
    const { problems, missing } = completeParameters(vertex, {}, { q: 'x', z: 1 });
    expect(missing).toEqual(['p']);
    expect(problems.map(({ code }) => code)).toEqual(['unknown_parameter', 'invalid_parameter']);
  });
});
