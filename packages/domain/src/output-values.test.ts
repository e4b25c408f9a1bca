import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainBadOutputValue, MAX_OUTPUT_KEYS, MAX_OUTPUT_VALUE_BYTES, parseOutputValues } from './output-values.ts';

function parse(text: string | Buffer): { values: object; problems: string[] } {
  const { values, problems } = parseOutputValues(Buffer.from(text));
  return { values: { ...values }, problems: problems.map(({ line, message }) => `${line}: ${message}`) };
}

describe('what a script hands on', () => {
  test.each([
    ['nothing', '', {}],
    ['blank lines', '\n  \n\t\n\r\n', {}],
    ['one value', 'a=1\n', { a: '1' }],
    ['no newline at the end', 'a=1\nb=2', { a: '1', b: '2' }],
    ['an empty value', 'a=\n', { a: '' }],
    ['= in a value', 'a=b=c==\n', { a: 'b=c==' }],
    ['<< in a value', 'a=b<<c\n', { a: 'b<<c' }],
    ['blanks and quotes, as they stand', `a= "b" 'c' \n`, { a: ` "b" 'c' ` }],
    ['the last of a key', 'a=1\nb=2\na=3\n', { a: '3', b: '2' }],
    ['unicode', 'a=中文 ü \u{1F600}\n', { a: '中文 ü \u{1F600}' }],
    ['a CR within', 'a=x\ry\n', { a: 'x\ry' }],
    ['lines as on Windows', 'a=1\r\nb=2\r\n', { a: '1', b: '2' }],
    ['a value of lines', 'a<<END\none\ntwo\nEND\nb=2', { a: 'one\ntwo', b: '2' }],
    ['a value of lines at the end of the file', 'a<<END\none\nEND', { a: 'one' }],
    ['a value of no line', 'a<<END\nEND\n', { a: '' }],
    ['a value that ends with a newline', 'a<<END\none\n\nEND\n', { a: 'one\n' }],
    ['lines that look like entries', 'a<<END\nb=2\nc<<X\n END\nEND \nEND\n', { a: 'b=2\nc<<X\n END\nEND ' }],
    ['a mark with = and <<', 'a<<x=<<y\n1\nx=<<y\n', { a: '1' }],
    ['CRs in a value of lines', 'a<<END\none\r\ntwo\r\nEND\n', { a: 'one\r\ntwo\r' }],
    ['a value of lines as on Windows', 'a<<END\r\none\r\ntwo\nEND\r\nb=1\n', { a: 'one\ntwo', b: '1' }],
    ['the longest value', `a=${'x'.repeat(MAX_OUTPUT_VALUE_BYTES)}`, { a: 'x'.repeat(MAX_OUTPUT_VALUE_BYTES) }],
  ])('%s', (_title, text, values) => {
    expect(parse(text)).toEqual({ values, problems: [] });
  });

  test('values have no prototype, and names of every object are no keys', () => {
    expect(Object.getPrototypeOf(parseOutputValues(Buffer.from('a=1')).values)).toBeNull();
    expect(parse('__proto__=1\nconstructor=2').problems).toHaveLength(2);
  });

  test('any text comes back from a block whose mark is not in it', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('a=<\n\r \t中\u{1F600}"$\\')) });
    fc.assert(
      fc.property(text, (value) =>
        expect(parse(`k<<no such line\n${value}\nno such line\n`).values).toEqual({ k: value }),
      ),
      { seed: 1 },
    );
  });
});

describe('what is wrong', () => {
  test('is named with its line, all of it, and no value is quoted', () => {
    const text = 'hunter2\na=1\n1x=hunter2\n b=hunter2\nc<<\nd=x\0hunter2\ne<<hunter2\nhunter\n';
    const { problems } = parse(text);
    expect(problems).toEqual([
      expect.stringMatching(/^1: expected key=value or key<<MARK/),
      expect.stringMatching(/^3: expected a key of letters/),
      expect.stringMatching(/^4: expected a key of letters/),
      expect.stringMatching(/^5: expected a mark after <</),
      expect.stringMatching(/^6: d: expected a value without NUL/),
      expect.stringMatching(/^7: expected a line with the mark .* found the end of the file/),
    ]);
    expect(problems.join()).not.toContain('hunter');
  });

  test('bytes that are no UTF-8 name each line, once', () => {
    const bytes = Buffer.concat([
      Buffer.from('a=1\n\xff\n\nb', 'latin1'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('\nx'),
    ]);
    expect(parse(bytes).problems).toEqual([
      '2: expected UTF-8, found other bytes',
      '4: expected UTF-8, found other bytes',
      expect.stringMatching(/^5: expected key=value/),
    ]);
    expect(parse(Buffer.from('a=\xff\n'.repeat(100), 'latin1')).problems).toHaveLength(20);
  });

  test('a value over its limit, counted in bytes', () => {
    const value = '中'.repeat(Math.ceil(MAX_OUTPUT_VALUE_BYTES / 3));
    expect(parse(`ok=1\nbig=${value}`).problems).toEqual([
      `2: big: expected a value of at most 65536 bytes, found ${value.length * 3}`,
    ]);
  });

  test('too many keys, said once; repeats of a key do not count', () => {
    const lines = Array.from({ length: MAX_OUTPUT_KEYS }, (_, index) => `k${index}=1\nk0=2\n`).join('');
    expect(parse(lines).problems).toEqual([]);
    expect(parse(`${lines}x=1\ny=2\n`).problems).toEqual(['2001: expected at most 1000 keys, found more']);
  });

  test('a file of many short blocks is read in linear time', () => {
    const startedAt = performance.now();
    expect(parse('a<<M\nM\n'.repeat(140_000)).values).toEqual({ a: '' });
    // What is not linear takes many minutes.
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  });

  test('a half surrogate pair, which only a request can hold', () => {
    expect(explainBadOutputValue('x\ud800')).toMatch(/half surrogate/);
    expect(explainBadOutputValue('x')).toBeNull();
  });
});
