import { describe, expect, test } from '@jest/globals';
import type { Problem } from './errors.ts';
import { checkGraphDocument } from './graph-check.ts';
import { checkReferences } from './graph-check-references.ts';
import { buildStructure } from './graph-check-structure.ts';

type Edge = [string, string] | { tail: string; head: string; when: string };

/** A -> B -> C, and D beside them; B declares what is needed here. */
function check(fields: Record<string, object>, edges: Edge[] = []): Problem[] {
  const base: Record<string, object> = {
    A: { script: 'true', input: { x: { type: 'int' } } },
    B: { script: 'true', input: { x: {}, list: { type: 'json' }, item: {} } },
    C: { script: 'true' },
    D: { script: 'true' },
  };
  const vertices = Object.entries(base).map(([name, vertex]) => ({ name, ...vertex, ...fields[name] }));
  return checkGraphDocument({ name: 'test', vertices, edges: [['A', 'B'], ['B', 'C'], ...edges] });
}

function linesOf(problems: readonly Problem[]): string[] {
  return problems.map(({ code, pointer, vertices }) => `${code} ${pointer} ${vertices?.join(' ')}`);
}

describe('conditions in the check', () => {
  test.each(['params.x == "1"', 'has(params.item) && outputs.A.k == "1"', 'states.A == "SUCCEED"', 'true'])(
    '%s is one for B',
    (when) => {
      expect(check({ B: { when } })).toEqual([]);
    },
  );

  test.each([
    ['params.x ==', 'bad_condition /vertices/1/when B'],
    ['"text"', 'bad_condition /vertices/1/when B'],
    ['params.y == 1', 'bad_condition /vertices/1/when B'],
    ['states.Z == "SUCCEED"', 'bad_condition /vertices/1/when B Z'],
    ['states.B == "SUCCEED"', 'bad_condition /vertices/1/when B'],
    ['outputs.C.k == "1"', 'bad_condition /vertices/1/when B C'],
    ['outputs[params.x].k == "1"', 'bad_condition /vertices/1/when B'],
  ])('%s is none for B', (when, line) => {
    expect(linesOf(check({ B: { when } }))).toEqual([line]);
  });

  test('says what was expected and found', () => {
    const [problem] = check({ B: { when: 'outputs.D.k == "1"' } });
    expect(problem?.message).toBe(
      'expected the condition of B to look at a vertex before it, found D, which does not come before it',
    );
    expect(check({ B: { when: 'states.Z == "x"' } })[0]?.message).toContain(
      'found Z, which is no vertex of this graph',
    );
    expect(check({ B: { when: 'params.no' } })[0]?.message).toBe(
      'expected the condition of B to look at parameters that have their values by then (x, list, item), found params.no',
    );
    expect(check({ C: { when: 'params.no' } })[0]?.message).toContain('(none)');
  });

  test("neither a gate's form nor a map's item has values when the vertex is decided", () => {
    const gate = { form: { reason: {} } };
    expect(linesOf(check({ B: { when: 'params.reason == "x"', gate } }))).toEqual(['bad_condition /vertices/1/when B']);
    const map = { over: 'list' };
    expect(linesOf(check({ B: { when: 'params.item == "x"', map } }))).toEqual(['bad_condition /vertices/1/when B']);
    const when = 'params.reason == "x" && outputs.A.k == "1" && states.B == "SUCCEED" && outputs.B.k == "2"';
    expect(check({ B: { gate } }, [{ tail: 'B', head: 'D', when }])).toEqual([]);
    const item = [{ tail: 'B', head: 'D', when: 'params.item == "x"' }];
    expect(linesOf(check({ B: { map } }, item))).toEqual(['bad_condition /edges/2/when B D']);
  });

  test('an edge looks at its tail and what comes before that', () => {
    const edge = (when: string): Edge[] => [{ tail: 'B', head: 'D', when }];
    expect(linesOf(check({}, edge('outputs.C.k == "1"')))).toEqual(['bad_condition /edges/2/when B D C']);
    expect(linesOf(check({}, edge('states.D == "1"')))).toEqual(['bad_condition /edges/2/when B D']);
    expect(linesOf(check({}, edge('params.no == 1 || 5')))).toEqual(['bad_condition /edges/2/when B D']);
    expect(check({}, edge('1'))[0]?.message).toBe(
      'the condition of the edge B -> D: expected an expression that is true or false, found one that gives a int',
    );
    const nowhere = linesOf(check({}, [{ tail: 'Z', head: 'D', when: 'params.x == outputs.A.k' }]));
    expect(nowhere).toEqual(['unknown_vertex /edges/2 Z']);
  });

  test('there may be many, but not any number of different ones', () => {
    const vertices = Array.from({ length: 20_001 }, (_, index) => ({
      name: `v${index}`,
      script: '',
      when: `${index} > 0`,
    }));
    expect(checkGraphDocument({ name: 'many', vertices })).toEqual([
      expect.objectContaining({ code: 'bad_condition', message: expect.stringContaining('found 20001') }),
    ]);
  });
});

describe('patterns in conditions', () => {
  const problemsOf = (count: number, pattern: (index: number) => string): string[] => {
    const vertices = Array.from({ length: count }, (_, index) => {
      return { name: `v${index}`, script: '', input: { x: {} }, when: `params.x.matches("${pattern(index)}")` };
    });
    return checkGraphDocument({ name: 'many', vertices }).map(({ message }) => message);
  };

  test('there may be many of them', () => {
    expect(problemsOf(1100, (index) => `${index}`)).toEqual([]);
  });

  test.each([
    ['sound', (index: number): string => `(?i)${'[^\\\\pL]'.repeat(40)}${index}`],
    ['bad', (index: number): string => `(?i)${'[^\\\\pL]'.repeat(40)}${index}(`],
    ['too long', (index: number): string => `[^a]{300}${index}`],
  ])('all of them together are bounded, %s ones', (_name, pattern) => {
    expect(problemsOf(5000, pattern)).toEqual([expect.stringContaining('at most 10000 steps in all conditions')]);
  });
});

describe('gates in the check', () => {
  const form = { reason: { required: true }, level: { type: 'int', required: true, default: 1 } };

  test('the form names parameters of the script', () => {
    expect(check({ B: { gate: { form }, script: 'echo {reason} {level} {x}' } })).toEqual([]);
    const unsafe = check({ B: { gate: { form }, script: 'eval {reason}; exit {level}' } });
    expect(linesOf(unsafe)).toEqual(['unsafe_placeholder /vertices/1/script B']);
  });

  test.each([
    [{ form: { x: {} } }, ['bad_gate /vertices/1/gate/form/x B']],
    [{ onExpiry: 'approve' }, ['bad_gate /vertices/1/gate/onExpiry B']],
    [{ onExpiry: 'approve', expiresMs: 5, form }, ['bad_gate /vertices/1/gate/onExpiry B']],
    [{ onExpiry: 'approve', expiresMs: 5, form: { level: form.level } }, []],
    [{ onExpiry: 'reject', form }, []],
  ])('%j', (gate, lines) => {
    expect(linesOf(check({ B: { gate } }))).toEqual(lines);
  });
});

describe('maps in the check', () => {
  test.each([
    [{ over: 'list' }, []],
    [{ over: 'A.hosts', as: 'x' }, []],
    [{ over: 'list', as: 'none' }, ['bad_map /vertices/1/map/as B']],
    [{ over: 'item' }, ['bad_map /vertices/1/map/over B']],
    [{ over: 'x' }, ['bad_map /vertices/1/map/over B']],
    [{ over: 'none' }, ['bad_map /vertices/1/map/over B']],
    [{ over: 'Z.hosts' }, ['bad_map /vertices/1/map/over B Z']],
    [{ over: 'C.hosts' }, ['bad_map /vertices/1/map/over B C']],
    [{ over: 'B.hosts', as: 'none' }, ['bad_map /vertices/1/map/as B', 'bad_map /vertices/1/map/over B B']],
  ])('%j', (map, lines) => {
    expect(linesOf(check({ B: { map } }))).toEqual(lines);
  });

  test('items of a secret list are secret', () => {
    const input = { hosts: { type: 'json', secret: true }, item: {} };
    const lines = ['bad_map /vertices/1/map/as B'];
    expect(linesOf(check({ B: { input, map: { over: 'hosts' } } }))).toEqual(lines);
    const secret = { ...input, item: { secret: true } };
    expect(check({ B: { input: secret, map: { over: 'hosts' } } })).toEqual([]);
    expect(check({ B: { input: { ...input, hosts: { type: 'json' } }, map: { over: 'hosts' } } })).toEqual([]);
    expect(linesOf(check({ B: { input, map: { over: 'hosts', as: 'none' } } }))).toEqual(lines);
  });

  test('a form may give the list', () => {
    const fields = { gate: { form: { hosts: { type: 'json' } } }, map: { over: 'hosts' } };
    expect(check({ B: fields })).toEqual([]);
    expect(check({ B: { map: { over: 'x' } } })[0]?.message).toContain('found x, which is of type string');
    expect(check({ B: { map: { over: 'y' } } })[0]?.message).toContain('found y, which it does not declare');
  });

  test('a map may run another graph', () => {
    const fields = { script: null, map: { over: 'list' }, pipeline: { graph: 'g', params: { p: '{item}' } } };
    expect(check({ B: fields })).toEqual([]);
  });
});

describe('sub-pipelines in the check', () => {
  const pipeline = (params: object): object => ({ script: null, pipeline: { graph: 'g', params } });

  test.each([
    [{ p: '{x}', q: 'host {A.k}', 'V.r': [5, { s: '{item}' }], t: '{ not this }' }, []],
    [{ 'V.p/q': 5 }, ['invalid_field /vertices/1/pipeline/params/V.p~1q B']],
    [{ 'a/b.p': '{no}' }, ['bad_pipeline /vertices/1/pipeline/params/a~1b.p B']],
    [
      { p: ['{no}'], q: '{C.k}' },
      ['bad_pipeline /vertices/1/pipeline/params/p B', 'bad_pipeline /vertices/1/pipeline/params/q B C'],
    ],
    [{ p: '{Z.k}' }, ['bad_pipeline /vertices/1/pipeline/params/p B Z']],
  ])('params %j', (params, lines) => {
    expect(linesOf(check({ B: pipeline(params) }))).toEqual(lines);
  });

  test('there is no script beside', () => {
    const [problem] = check({ B: { ...pipeline({}), script: 'true' } });
    expect(problem).toMatchObject({ code: 'bad_pipeline', pointer: '/vertices/1/script', vertices: ['B'] });
  });
});

test('what was not found within the budget is a problem', () => {
  const positions = new Map([
    ['A', 0],
    ['B', 1],
  ]);
  const structure = buildStructure([{ tail: 'A', head: 'B', when: null }], positions, 2);
  const explain = (message: string): Problem => ({ code: 'code', message });
  const references = [{ vertex: 'A', at: 1, explain }];
  expect(checkReferences({ vertices: [], positions, structure }, references)).toEqual([]);
  expect(checkReferences({ vertices: [], positions, structure }, references, 0)).toMatchObject([
    { message: expect.stringContaining('too far away') },
  ]);
});
