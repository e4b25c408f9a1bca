import { describe, expect, test } from '@jest/globals';
import { DEFAULT_POLICIES, MAX_SCRIPT_LENGTH } from './graph-definition.ts';
import { parseEdge, parseGraphDocument, parseVertex, parseVertexPatch } from './graph-definition-parse.ts';
import { parseJsonText } from './graph-document.ts';
import { linesOf, problemsOf, valueOf } from './testing-parsed.ts';

const TEST1 = {
  name: 'test1',
  vertices: [
    {
      name: 'A',
      input: '{"ip": {"type": "str", "required": true, "default": "127.0.0.1"}}',
      script: '{"script": "echo \\"test1.A\\"\\nping {ip}", "next": "B"}',
    },
    { name: 'B', input: null, script: '{"script": "echo B"}' },
  ],
  edges: [['A', 'B']],
};

describe('parseGraphDocument', () => {
  test("reads the owner's forms: input and script as JSON text", () => {
    const { vertices, edges } = valueOf(parseGraphDocument(TEST1));
    expect(vertices[0]).toMatchObject({ name: 'A', script: 'echo "test1.A"\nping {ip}', next: ['B'] });
    expect({ ...vertices[0]?.input['ip'] }).toMatchObject({ type: 'string', required: true, default: '127.0.0.1' });
    expect(vertices[1]).toMatchObject({ script: 'echo B', next: [], policies: DEFAULT_POLICIES });
    expect(edges).toEqual([{ tail: 'A', head: 'B', when: null }]);
  });

  test.each([
    ['{ echo hi; }', '{ echo hi; }', []],
    ['{"other": 1}', '{"other": 1}', []],
    [' {"script": "a"}', ' {"script": "a"}', []],
    ['{"script": "a", "next": [1, "B"]}', 'a', [1, 'B']],
    [{ script: '{"script": "a"}', next: 2 }, '{"script": "a"}', [2]],
    [{ script: 'a', next: null }, 'a', []],
  ])('the script %j is %j', (script, text, next) => {
    expect(valueOf(parseVertex({ name: 'A', script }))).toMatchObject({ script: text, next });
  });

  test('keeps every policy, and takes null for its default', () => {
    const policies = {
      shell: 'bash',
      join: 'all_done',
      timeoutMs: 1,
      graceMs: 0,
      retry: { max: 2, delayMs: 0, factor: 1, maxDelayMs: 3_600_000, jitter: 0 },
      onLost: 'retry',
      allowFailure: true,
      labels: ['gpu'],
      priority: 5,
      maxOutputBytes: 10,
      onMissing: 'ask',
      when: 'params.x',
      gate: {
        approvers: ['token:ops', 'role:lead'],
        form: {},
        message: 'go?',
        expiresMs: 5,
        onExpiry: 'approve',
        onReject: 'fail',
        forbidSelfApproval: true,
      },
      map: { over: 'A.list', as: 'x', concurrency: 2, minSuccessPercent: 50 },
      pipeline: { graph: 'g@2', params: { ip: 'x', 'A.list': [1] }, outputs: { y: 'B.z' } },
      limit: 3,
      pools: ['db'],
      queueTimeoutMs: 6,
    };
    expect(valueOf(parseVertex({ name: 'A', script: '', ...policies })).policies).toEqual(policies);
    const nulls = Object.fromEntries(Object.entries(DEFAULT_POLICIES).filter(([, value]) => value === null));
    expect(valueOf(parseVertex({ name: 'A', script: '', next: null, ...nulls })).policies).toEqual(DEFAULT_POLICIES);
  });

  test('names every problem of form at once, with pointers and vertices', () => {
    const parsed = parseGraphDocument({
      name: '7',
      colour: 'red',
      onFailure: 'explode',
      vertices: [
        { name: 'a/b', script: 5, timeoutMs: 0, retry: { max: 0, often: true }, labels: ['x', 'x', 'a:b'] },
        { name: 'B', script: 'x', input: { p: { type: 'date' }, q: 5 }, next: [{}] },
        { name: 'C', script: '{"script": 5}', input: '{"p": }' },
        { name: 'D', script: { script: 'x', next: 'A' }, next: 'B' },
        { name: 'E', script: 'a\0b', input: [] },
        'F',
        { name: 'G' },
      ],
      edges: [['A'], { tail: 'A', head: 'B', weight: 1 }, 5, ['A', 7]],
    });
    expect(linesOf(parsed)).toEqual([
      'invalid_field /name',
      'invalid_field /onFailure',
      'unknown_field /colour',
      'invalid_field /vertices/0/name',
      'invalid_field /vertices/0/script',
      'invalid_field /vertices/0/timeoutMs',
      'invalid_field /vertices/0/retry/max',
      'unknown_field /vertices/0/retry/often',
      'invalid_field /vertices/0/labels/2',
      'invalid_field /vertices/0/labels',
      'invalid_field /vertices/1/next',
      'bad_input /vertices/1/input/p/type',
      'bad_input /vertices/1/input/q',
      'bad_input /vertices/2/input',
      'invalid_field /vertices/2/script/script',
      'invalid_field /vertices/3/next',
      'invalid_field /vertices/4/input',
      'invalid_field /vertices/4/script',
      'invalid_field /vertices/5',
      'missing_field /vertices/6/script',
      'invalid_field /edges/0',
      'unknown_field /edges/1/weight',
      'invalid_field /edges/2',
      'invalid_field /edges/3',
    ]);
    for (const problem of problemsOf(parsed)) expect(problem.message).toMatch(/^expected .+, found .+/s);
    expect(problemsOf(parsed)[12]?.vertices).toEqual(['B']);
  });

  test('puts every rule of a field in words', () => {
    const parsed = parseVertex({
      name: 'A',
      script: '',
      shell: 'a\nb',
      priority: 1001,
      labels: Array.from('abcdefghijklmnopqrstu'),
    });
    expect(problemsOf(parsed).map(({ message }) => message.replace(/\(.*\)/, ''))).toEqual([
      'expected another form , found "a\\nb"',
      'expected at most 20 entries, found a list of 21',
      'expected at most 1000, found 1001',
    ]);
  });

  test.each([null, 5, [], 'text'])('refuses %j as a document', (document) => {
    expect(linesOf(parseGraphDocument(document))).toEqual(['invalid_field ']);
  });

  test('refuses more vertices and edges than the limits before it reads them', () => {
    const vertices = Array.from({ length: 200_001 }, () => null);
    expect(linesOf(parseGraphDocument({ name: 'a', vertices }))).toEqual(['invalid_field /vertices']);
    const edges = Array.from({ length: 1_000_001 }, () => null);
    expect(linesOf(parseGraphDocument({ name: 'a', edges }))).toEqual(['invalid_field /edges']);
    const script = 'x'.repeat(MAX_SCRIPT_LENGTH + 1);
    expect(linesOf(parseVertex({ name: 'a', script }))).toEqual(['invalid_field /script']);
  });

  test.each(['部署', 'a b', '1a', 'a.b', 'é', '😀'.repeat(190), 'x'.repeat(190)])('takes the name %s', (name) => {
    expect(valueOf(parseVertex({ name, script: '' })).name).toBe(name);
    expect(valueOf(parseGraphDocument({ name })).name).toBe(name);
  });

  test.each(['', ' a', 'a ', 'a\n', 'a\tb', '12', '\u202ea', '\ud800', 'a\u2028b', 'x'.repeat(191), '😀'.repeat(191)])(
    'refuses the name %j',
    (name) => {
      expect(linesOf(parseVertex({ name, script: '' }))).toEqual(['invalid_field /name']);
      expect(linesOf(parseGraphDocument({ name }))).toEqual(['invalid_field /name']);
    },
  );

  test('a graph name is no version of another', () => {
    expect(linesOf(parseGraphDocument({ name: 'test1@3' }))).toEqual(['invalid_field /name']);
    expect(valueOf(parseVertex({ name: 'a@3', script: '' })).name).toBe('a@3');
  });

  test('prototypes stay what they are', () => {
    const text =
      '{"name":"a","__proto__":{"polluted":1},"vertices":[{"name":"A","script":"x","__proto__":{"polluted":1},' +
      '"input":{"__proto__":{"type":"int"},"constructor":{"prototype":{"polluted":1}}}}],"edges":[]}';
    expect(linesOf(parseGraphDocument(parseJsonText(text)))).toEqual([
      'unknown_field /__proto__',
      'unknown_field /vertices/0/__proto__',
      'bad_input /vertices/0/input/__proto__',
      'bad_input /vertices/0/input/constructor',
      'bad_input /vertices/0/input/constructor/prototype',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('parseVertexPatch', () => {
  test('gives only what was named', () => {
    expect(valueOf(parseVertexPatch({}))).toEqual({ policies: {} });
    expect(valueOf(parseVertexPatch({ timeoutMs: null, join: 'always' }))).toEqual({
      policies: { timeoutMs: null, join: 'always' },
    });
    const patch = valueOf(parseVertexPatch({ name: 'B', description: null, input: null, script: 'x', next: null }));
    expect(patch).toEqual({ name: 'B', description: null, input: {}, script: 'x', next: [], policies: {} });
    expect(valueOf(parseVertexPatch({ script: { script: 'x', next: 'C' } }))).toEqual({
      script: 'x',
      next: ['C'],
      policies: {},
    });
  });

  test('names every problem', () => {
    const parsed = parseVertexPatch({ nam: 'B', input: { 'a-b': {} }, priority: 'high' }, '/v');
    expect(linesOf(parsed)).toEqual(['invalid_field /v/priority', 'unknown_field /v/nam', 'bad_input /v/input/a-b']);
    expect(linesOf(parseVertexPatch({ input: { 'a-b': {} } }))).toEqual(['bad_input /input/a-b']);
    expect(linesOf(parseVertexPatch(null))).toEqual(['invalid_field ']);
  });
});

test('parseEdge takes both forms', () => {
  expect(valueOf(parseEdge(['a', 'b']))).toEqual({ tail: 'a', head: 'b', when: null });
  expect(valueOf(parseEdge({ tail: 'a', head: 'b' }))).toEqual({ tail: 'a', head: 'b', when: null });
});
