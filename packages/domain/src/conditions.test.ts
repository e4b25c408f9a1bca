import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConditionValues } from './conditions.ts';
import { evaluateCondition, MAX_CONDITION_LENGTH, readCondition } from './conditions.ts';
import type { JsonValue } from './parameters-value.ts';

const VALUES: ConditionValues = {
  params: { n: 5, ratio: 2.5, name: 'web-1', on: true, hosts: ['a', 'b'], list: [{ n: 1 }, { n: 2 }], none: null },
  outputs: { A: { count: '12', kind: 'full' }, 'my vertex': { key: 'x' } },
  states: { A: 'SUCCEED', B: 'FAILED', 'my vertex': 'SKIPPED' },
};

function decide(text: string, params: Record<string, JsonValue> = {}): unknown {
  return evaluateCondition(text, { ...VALUES, params: { ...VALUES.params, ...params } });
}

describe('evaluateCondition', () => {
  test.each([
    ['true', true],
    ['params.on', true],
    ['params.n > 3 && params.n < 6', true],
    ['params.n == 5.0', true],
    ['params.n + 0.5 == 5.5 && params.ratio + 1 == 3.5', true],
    ['params.ratio - 1 == 1.5 && 5 - params.ratio == 2.5', true],
    ['params.ratio * 2 == 5.0 && 2 * params.ratio == 5.0', true],
    ['params.ratio / 2 == 1.25 && 5 / params.ratio == 2.0', true],
    ['params.n / 2 == 2', true],
    ['"a" in params.hosts', true],
    ['params.hosts.exists(h, h == "b")', true],
    ['params.hosts.all(h, h != params.name)', true],
    ['params.hosts.all(h, params.name != h)', true],
    ['params.hosts.exists_one(h, h.startsWith("a"))', true],
    ['params.hosts.filter(h, h != "a").size() == 1', true],
    ['params.list.filter(i, i.n > 1).exists(i, i.n == 2)', true],
    ['has(params.list) && !has(params.other)', true],
    ['params.none == null', true],
    ['outputs.A.count == "12"', true],
    ['int(outputs.A.count) > 10 ? params.on : false', true],
    ['double(outputs.A.count) > 11.5', true],
    ['has(outputs.A.kind) && !has(outputs.B.kind)', true],
    ['outputs["my vertex"].key == "x" && "key" in outputs["my vertex"]', true],
    ['size(outputs.A) == 2', true],
    ['states.A == "SUCCEED" && states["B"] in ["FAILED", "SKIPPED"]', true],
    ['params.name.matches("^web-[0-9]+$")', true],
    ['params.name.matches("eb")', true],
    ['params.name.matches("^eb")', false],
    ['params.name.upperAscii().contains("WEB") && params.name.size() == 5', true],
    ['{"web-1": true}[params.name]', true],
    ['-params.n == -5 && !(params.n > 5)', true],
    ['string(params.n) == "5" && bool("true")', true],
  ])('%s is %s', (text, value) => {
    expect(decide(text)).toEqual({ value });
    expect(readCondition(text).problem).toBeNull();
  });

  test.each([
    ['outputs.A.none == "x"', 'expected outputs.A.none to have a value, found none: there is no such key'],
    ['outputs.C.key == "x"', 'expected outputs.C.key to have a value, found none: there is no such key'],
    ['states.C == "SUCCEED"', 'expected states.C to have a value, found none: there is no such key'],
    ['params.zz > 1', 'expected params.zz to have a value, found none: there is no such key'],
    ['params.hosts[7] == "a"', 'expected params.hosts[7] to have a value, found none: the list is shorter'],
    ['int(params.name) > 1', 'expected int(params.name) to have a value, found none: the text is no integer'],
    ['double(params.name) > 1.0', 'expected double(params.name) to have a value, found none: the text is no number'],
    ['bool(params.name)', 'expected bool(params.name) to have a value, found none: the text is neither true nor false'],
    ['params.n / 0 == 1', 'expected params.n / 0 to have a value, found none: division by zero'],
    ['params.n * 9000000000000000000 > 1', expect.stringContaining('the number is too large')],
    ['params.name < 3', 'expected params.name < 3 to have a value, found none: no such overload: dyn<string> < int'],
    ['params.name', 'expected true or false, found a text'],
    ['params.n', 'expected true or false, found a number'],
    ['params.hosts', 'expected true or false, found something else'],
    ['1 +', 'expected a CEL expression, found at its character 4: Unexpected token: EOF'],
  ])('%s has no answer: %s', (text, problem) => {
    expect(decide(text)).toEqual({ problem });
  });

  test('repeats no value in a problem', () => {
    for (const text of [
      'int(params.s) > 1',
      'bool(params.s)',
      'params.list[0][params.s] == 1',
      'params.s < 1',
      'params.s',
    ]) {
      expect(JSON.stringify(decide(text, { s: 'hunter2' }))).not.toContain('hunter2');
    }
    expect(JSON.stringify(decide('params.s * 9 > 1', { s: 9007199254740991 }))).not.toContain('9007199254740991');
  });

  test('knows no prototypes', () => {
    const params = { o: JSON.parse('{"__proto__": {"x": 1}}') as JsonValue };
    expect(decide('has(params.o.constructor) || has(params.toString) || has(outputs.A.valueOf)', params)).toEqual({
      value: false,
    });
    expect(decide('params.o.constructor == 5', { o: { constructor: 5 } })).toEqual({ value: true });
    expect(readCondition('states.constructor == "x"')).toMatchObject({ vertices: ['constructor'], problem: null });
    expect(decide('states.constructor == "x"')).toMatchObject({ problem: expect.stringContaining('no such key') });
  });
});

describe('readCondition', () => {
  test('names vertices and parameters once, in order', () => {
    const text =
      'states["my vertex"] == "FAILED" || outputs.A.k == outputs.B.k || states.A == params.x || has(params.y)';
    expect(readCondition(text)).toMatchObject({
      vertices: ['my vertex', 'A', 'B'],
      parameters: ['x', 'y'],
      problem: null,
    });
    expect(readCondition('params.l.exists(i, i == outputs.Z.k)').vertices).toEqual(['Z']);
  });

  test.each([
    ['', 'expected a CEL expression, found at its character 1: Unexpected token: EOF'],
    ['outputs.A.k > 3', 'expected a CEL expression, found at its character 1: no such overload: string > int'],
    ['"text"', 'expected an expression that is true or false, found one that gives a string'],
    ['A.k == "x"', 'expected params.<parameter>, outputs.<vertex>.<key> or states.<vertex>, found A'],
    ['google == 1', expect.stringContaining('found google')],
    ['outputs[params.x].k == "1"', expect.stringContaining('expected outputs with a name written out')],
    ['states[1] == "x"', expect.stringContaining('expected states with a name written out')],
    ['size(params) > 1', expect.stringContaining('expected params with a name written out')],
    ['params.hosts.map(h, h) == []', expect.stringContaining('found map()')],
    ['cel.bind(x, params.a, x == 1)', expect.stringContaining('found bind()')],
    ['duration("1s") == duration("1s")', expect.stringContaining('found duration()')],
    ['params.a.split(",") == []', expect.stringContaining('found split()')],
    ['b"x" == b"y"', 'expected no bytes in a condition, found some'],
    ['params.a.matches(params.b)', expect.stringContaining('expected the pattern of matches() as a text')],
    ['params.a.matches()', expect.stringContaining('expected the pattern of matches() as a text')],
    ['params.a.matches("(")', expect.stringContaining('expected a regular expression of RE2')],
    ['params.a.matches("(?=x)")', expect.stringContaining('expected a regular expression of RE2')],
    [
      'params.a.matches("a{150}") || params.a.matches("b{150}")',
      expect.stringContaining('expected patterns of at most'),
    ],
    ['params.a.all(x, params.b.all(y, x == y))', expect.stringContaining('not to be inside of another such call')],
    ['params.a.all(x, x in params.b)', expect.stringContaining('expected only x to be looked at for each item')],
    ['params.a.all(x, params.b == params.c)', expect.stringContaining('expected only x to be looked at')],
    ['params.a.all(x, x.m[params.k] == 1)', expect.stringContaining('expected only x to be looked at')],
    ['[params.a, params.a].all(x, x == 1)', expect.stringContaining('expected all() of one value')],
    ['(params.a + params.b).exists(x, x == 1)', expect.stringContaining('expected exists() of one value')],
    ['params.a.all(params, true)', expect.stringContaining('expected another name than params')],
    ['params.a.all(1, true)', expect.stringContaining('invalid predicate iteration variable')],
    ['params.a.all(x, true) && x == 1', expect.stringContaining('found x')],
    [
      'params.a == 1 || ' + Array(25).fill('params.a').join('+') + ' == 1',
      expect.stringContaining('at most 20 additions'),
    ],
    ['params.a.?b == 1', expect.stringContaining('expected a CEL expression')],
  ])('refuses %s', (text, problem) => {
    expect(readCondition(text).problem).toEqual(problem);
  });

  test('refuses what is too long, too deep or too wide', () => {
    const whole = `${'a'.repeat(MAX_CONDITION_LENGTH + 1)}`;
    expect(readCondition(whole).problem).toBe('expected at most 2000 characters, found 2001');
    expect(readCondition(`${'('.repeat(900)}true${')'.repeat(900)}`).problem).toContain('maxDepth');
    expect(readCondition(Array(330).fill('true').join('&&')).problem).toContain('maxAstNodes');
    expect(readCondition(`${'!'.repeat(1900)}true`).problem).toContain('maxAstNodes');
  });

  test('keeps the newest and forgets the oldest of very many', () => {
    for (let index = 0; index < 2500; index += 1) expect(readCondition(`params.p${index} == 1`).problem).toBeNull();
    expect(decide('params.n == 5')).toEqual({ value: true });
  });

  test('never throws, whatever the text', () => {
    const pieces = [
      'params',
      '.a',
      'outputs',
      '["A"]',
      '.k',
      'states.B',
      '==',
      '&&',
      '(',
      ')',
      '!',
      '1',
      '"x"',
      '[',
      ']',
    ];
    const more = [
      '{',
      '}',
      ':',
      '?',
      'has(',
      'size(',
      '.all(x,',
      '.exists(y,',
      'x',
      ',',
      'in',
      '+',
      '-',
      '0.5',
      '.matches(',
      'null',
    ];
    const text = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 12 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary', maxLength: 40 })), (condition) => {
        const { problem } = readCondition(condition);
        const result = evaluateCondition(condition, VALUES);
        return 'problem' in result ? result.problem.startsWith('expected ') : problem === null;
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

describe('hostile conditions end soon', () => {
  const ones = Array.from({ length: 16_000 }, () => 1);
  const half = ones.slice(8_100);
  const long = 'a'.repeat(100_000);
  const times = (count: number, part: string, glue: string): string => Array(count).fill(part).join(glue);
  const cases: [string, string, Record<string, JsonValue>][] = [
    ['many rounds', times(36, 'params.l.all(x,x==1)', '&&'), { l: ones }],
    ['a long body', `params.l.all(x,${times(70, 'x==1', '&&')})`, { l: ones }],
    ['many comparisons of lists', times(36, 'params.l==params.m', '&&'), { l: half, m: [...half] }],
    ['a list that grows', `(${times(20, 'params.l', '+')}) == []`, { l: ones }],
    ['texts that grow', `(${times(20, 'params.t', '+')}).contains("b")`, { t: long }],
    [
      'a search that goes back',
      times(36, 'params.t.contains(params.u)', '||'),
      { t: long, u: `b${'a'.repeat(50_000)}` },
    ],
    ['a pattern that goes back', 'params.t.matches("^(a+)+$") && params.t.matches("(a|a)*b")', { t: long }],
    ['a pattern with many steps', 'params.t.matches("(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a]{90}$")', { t: long }],
    [
      'a pattern on every item',
      'params.l.all(x, !x.matches("(a*)*[^a]{90}$"))',
      { l: Array(900).fill('a'.repeat(100)) as string[] },
    ],
    [
      'a pattern that is long to compile, on every item',
      `params.l.all(x, !x.matches("(?i)${'[^\\\\pL]'.repeat(30)}"))`,
      { l: Array(4000).fill('') as string[] },
    ],
  ];

  test.each(cases)('%s', (_name, text, params) => {
    expect(readCondition(text).problem).toBeNull();
    const before = process.cpuUsage();
    expect(decide(text, params)).toHaveProperty('value');
    // Of this process alone, whatever else the machine does.
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });

  test.each([
    ['params.a == params.b && params.c == params.d && params.e == params.f', 'less than 524288 characters'],
    ['params.a.matches("[^x]{150}") && params.b == params.c', 'less than 129'],
    ['params.deep == params.deep', 'nested at most 64 levels deep'],
  ])('%s is not looked at', (text, problem) => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as JsonValue;
    const values = { a: long, b: long, c: long, d: long, e: long, f: long, deep };
    expect(decide(text, values)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
