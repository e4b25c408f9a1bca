import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BatonError } from './errors.ts';
import { locateProblems, parseJsonText, parseYamlText } from './graph-document.ts';

function refusalOf(read: () => unknown): string {
  try {
    return `read as ${JSON.stringify(read())}`;
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    const [problem] = error.problems;
    return `${error.code} ${problem?.line}:${problem?.column} ${problem?.message}`;
  }
}

describe('parseJsonText', () => {
  test('reads what JSON.parse reads, and refuses what it refuses', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123456789.eE+-\\u truefalsn\n\t\u0001é')) }),
      fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
    );
    fc.assert(
      fc.property(text, (drawn) => {
        let expected: unknown;
        try {
          expected = { value: JSON.parse(drawn) };
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          expect(refusalOf(() => parseJsonText(drawn))).toMatch(/^malformed_json \d+:\d+ expected /);
          return;
        }
        if (!refusalOf(() => parseJsonText(drawn)).includes('each key once'))
          expect({ value: parseJsonText(drawn) }).toEqual(expected);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test.each([
    ['', 'malformed_json 1:1 expected a JSON value, found the end'],
    ['{"a": 1,\n "b": tru}', 'malformed_json 2:7 expected a JSON value, found "t"'],
    ['{"a": 1,\r\n "\\u0061": 2}', 'malformed_json 2:2 expected each key once in its object, found "\\""'],
    ['[1 2]', 'malformed_json 1:4 expected "," or "]", found "2"'],
    ['{"a" 1}', 'malformed_json 1:6 expected ":", found "1"'],
    ['{a: 1}', 'malformed_json 1:2 expected a key in double quotes, found "a"'],
    ['{"a', 'malformed_json 1:4 expected the rest of a text in double quotes, found the end'],
    ['1 2', 'malformed_json 1:3 expected the end of the text, found "2"'],
    ['['.repeat(101), 'malformed_json 1:101 expected at most 100 levels, found "["'],
    ['"中😀" x', 'malformed_json 1:7 expected the end of the text, found "x"'],
  ])('%j: %s', (text, expected) => {
    expect(refusalOf(() => parseJsonText(text))).toBe(expected);
  });

  test('long texts cost no stack', () => {
    expect(parseJsonText(`"${'x\\n'.repeat(1_000_000)}"`)).toHaveLength(2_000_000);
    expect(refusalOf(() => parseJsonText('['.repeat(1_000_000)))).toContain('100 levels');
  });
});

describe('parseYamlText', () => {
  test('reads the core schema alone', () => {
    const text = 'a: 0x1F\nb: 2020-01-01\nc: no\n<<: {d: 1}\n__proto__: {polluted: 1}\ne: &x [1]\nf: *x\n';
    const value = parseYamlText(text);
    expect(value).toMatchObject({ a: 31, b: '2020-01-01', c: 'no', '<<': { d: 1 }, e: [1], f: [1] });
    expect(Object.keys(value as object)).toContain('__proto__');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(parseYamlText('')).toBeNull();
  });

  test.each([
    ['a: [1', 'malformed_yaml 1:6'],
    ['a: 1\nb: 2\na: 3', 'malformed_yaml 3:1 expected each key once in its map, found "a" again'],
    ['a: !!js/function x', 'malformed_yaml 1:4'],
    ['? [a]\n: 1', 'malformed_yaml 1:3 expected plain keys'],
    ['a: &x b\n*x : 2', 'malformed_yaml 2:1 expected plain keys'],
    ['--- a\n--- b', 'malformed_yaml 2:1'],
    ['\ta: 1', 'malformed_yaml 1:1'],
    [`${'['.repeat(101)}${']'.repeat(101)}`, 'malformed_yaml 1:101 expected at most 100 levels'],
    ['['.repeat(100_000), 'malformed_yaml'],
    ['- '.repeat(20_000), 'malformed_yaml'],
  ])('%.40j is %s', (text, expected) => {
    expect(refusalOf(() => parseYamlText(text))).toContain(expected);
  });

  test('a billion laughs end after a few', () => {
    const levels = Array.from({ length: 30 }, (_, level) => `b${level + 1}: &b${level + 1} [*b${level}, *b${level}]`);
    expect(refusalOf(() => parseYamlText(['b0: &b0 [x, x]', ...levels].join('\n')))).toContain('few aliases');
  });

  test('an empty key in a map has a place', () => {
    expect(parseYamlText('{: 1}')).toEqual({ '': 1 });
    expect(parseYamlText('? \n: 1')).toEqual({ '': 1 });
  });
});

describe('locateProblems', () => {
  const problemAt = (pointer: string) => ({ code: 'x', message: 'y', pointer });
  const placesOf = (format: 'json' | 'yaml', text: string, pointers: string[]): string[] =>
    locateProblems(pointers.map(problemAt), { format, text }).map(({ line, column }) => `${line}:${column}`);

  test('finds values in JSON, or the nearest thing around them', () => {
    const text = '{\n  "vertices": [\n    {"name": "A", "a/b~": [1, {"x": 2}]}\n  ]\n}';
    const pointers = ['/vertices/0/name', '/vertices/0/a~1b~0/1/x', '/vertices/0/script', '/edges', ''];
    expect(placesOf('json', text, pointers)).toEqual(['3:14', '3:37', '3:5', '1:1', '1:1']);
  });

  test('finds values in YAML', () => {
    const text = 'vertices:\n  - name: A\n    next: &n [B, C]\n  - name: B\n    next: *n\n    input:\n';
    const pointers = ['/vertices/0/next/1', '/vertices/1', '/vertices/1/next', '/vertices/1/input/x', '/edges/0'];
    expect(placesOf('yaml', text, pointers)).toEqual(['3:18', '4:5', '5:11', '6:11', '1:1']);
  });

  test('passes over keys that are no texts', () => {
    expect(placesOf('yaml', '? [a]\n: 1\nb: 2', ['/b', '/c'])).toEqual(['3:4', '1:1']);
    expect(placesOf('yaml', '', ['/b'])).toEqual(['1:1']);
  });

  test('leaves alone what has a place or no pointer', () => {
    const problems = [
      { code: 'x', message: 'y' },
      { ...problemAt('/a'), line: 7, column: 7 },
    ];
    expect(locateProblems(problems, { format: 'json', text: '{}' })).toEqual(problems);
    expect(locateProblems([{ code: 'x', message: 'y' }], { format: 'json', text: '{}' })).toHaveLength(1);
    expect(placesOf('json', 'not json', ['/a'])).toEqual(['1:1']);
  });
});
