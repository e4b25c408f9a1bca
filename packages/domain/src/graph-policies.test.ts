import { describe, expect, test } from '@jest/globals';
import { DEFAULT_POLICIES } from './graph-definition.ts';
import { parseEdge, parseGraphDocument, parseVertex, parseVertexPatch } from './graph-definition-parse.ts';
import { splitGraphReference } from './graph-names.ts';
import { linesOf, problemsOf, valueOf } from './testing-parsed.ts';

describe('the policies of a vertex', () => {
  test('a gate, a map and a sub-pipeline get their defaults', () => {
    const fields = { gate: { form: { reason: {} } }, map: { over: 'hosts' }, pipeline: { graph: 'other' } };
    const { gate, map, pipeline } = valueOf(parseVertex({ name: 'A', ...fields })).policies;
    expect(gate).toMatchObject({ approvers: [], message: null, expiresMs: null, onExpiry: 'reject', onReject: 'skip' });
    expect(gate?.form['reason']).toMatchObject({ type: 'string', required: false });
    expect(Object.getPrototypeOf(gate?.form)).toBeNull();
    expect(map).toEqual({ over: 'hosts', as: 'item', concurrency: null, minSuccessPercent: 100 });
    expect(pipeline).toEqual({ graph: 'other', params: {}, outputs: {} });
  });

  test.each([
    [{ when: '' }, '/when'],
    [{ when: 'x'.repeat(2001) }, '/when'],
    [{ gate: { approvers: ['ops'] } }, '/gate/approvers/0'],
    [{ gate: { approvers: ['role:a b'] } }, '/gate/approvers/0'],
    [{ gate: { approvers: ['role:a', 'role:a'] } }, '/gate/approvers'],
    [{ gate: { expiresMs: 0 } }, '/gate/expiresMs'],
    [{ gate: { onExpiry: 'skip' } }, '/gate/onExpiry'],
    [{ gate: true }, '/gate'],
    [{ map: { over: 'a b' } }, '/map/over'],
    [{ map: { over: 'a', as: '1' } }, '/map/as'],
    [{ map: { over: 'a', minSuccessPercent: 101 } }, '/map/minSuccessPercent'],
    [{ map: { over: 'a', concurrency: 0 } }, '/map/concurrency'],
    [{ pipeline: { graph: '12' } }, '/pipeline/graph'],
    [{ pipeline: { graph: 'g@' + '9'.repeat(9) + '@1' } }, '/pipeline/graph'],
    [{ pipeline: { graph: 'g', params: { 'a b': 1 } } }, '/pipeline/params/a b'],
    [{ pipeline: { graph: 'g', params: { '.a': 1 } } }, '/pipeline/params/.a'],
    [{ pipeline: { graph: 'g', params: { __proto__x: Infinity } } }, '/pipeline/params/__proto__x'],
    [{ pipeline: { graph: 'g', outputs: { x: 'nothing' } } }, '/pipeline/outputs/x'],
    [{ limit: 0 }, '/limit'],
    [{ pools: ['a', 'a'] }, '/pools'],
    [{ pools: ['a b'] }, '/pools/0'],
    [{ queueTimeoutMs: 0.5 }, '/queueTimeoutMs'],
  ])('refuses %j', (fields, pointer) => {
    expect(linesOf(parseVertex({ name: 'A', script: 'x', ...fields }))).toEqual([`invalid_field ${pointer}`]);
  });

  test('refuses a map over nothing, a sub-pipeline of nothing, and fields that are not known', () => {
    const fields = { gate: { when: 1 }, map: {}, pipeline: { params: [] } };
    expect(linesOf(parseVertex({ name: 'A', ...fields }))).toEqual([
      'unknown_field /gate/when',
      'missing_field /map/over',
      'missing_field /pipeline/graph',
      'invalid_field /pipeline/params',
    ]);
    const [problem] = problemsOf(parseVertex({ name: 'A', pipeline: { graph: 'g', params: [] } }));
    expect(problem?.message).toBe('expected object, found a list of 0');
  });

  test('a bad form is told like bad input, once', () => {
    const gate = { form: { a: { type: 'date' }, '1': {}, b: { type: 'int', default: 'x' } } };
    const problems = problemsOf(parseVertex({ name: 'A', script: 'x', gate }));
    expect(problems.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'bad_input /gate/form/1',
      'bad_input /gate/form/a/type',
      'bad_input /gate/form/b/default',
    ]);
    expect(linesOf(parseVertex({ name: 'A', script: 'x', gate: { form: 5 } }))).toEqual(['bad_input /gate/form']);
  });

  test('a vertex has a script, or a pipeline instead', () => {
    expect(linesOf(parseVertex({ name: 'A' }))).toEqual(['missing_field /script']);
    expect(linesOf(parseVertex({ name: 'A', script: null, pipeline: null }))).toEqual(['missing_field /script']);
    expect(valueOf(parseVertex({ name: 'A', script: null, pipeline: { graph: 'g' } })).script).toBe('');
  });

  test('patches change a policy as a whole, null takes it away', () => {
    const patch = { gate: null, map: { over: 'a' }, pools: null, script: null, pipeline: { graph: 'g' } };
    const { script, policies } = valueOf(parseVertexPatch({ ...patch, pools: [] }));
    expect(script).toBe('');
    expect(policies).toEqual({
      gate: null,
      map: { over: 'a', as: 'item', concurrency: null, minSuccessPercent: 100 },
      pipeline: { graph: 'g', params: {}, outputs: {} },
      pools: [],
    });
    expect(linesOf(parseVertexPatch(patch))).toEqual(['invalid_field /pools']);
    expect(valueOf(parseVertexPatch({ map: null, pipeline: null })).policies).toEqual({ map: null, pipeline: null });
  });

  test('all are null, empty or plain where nothing is said', () => {
    expect(valueOf(parseVertex({ name: 'A', script: '' })).policies).toEqual(DEFAULT_POLICIES);
  });
});

describe('edges and headers', () => {
  test('an edge may have a condition', () => {
    const when = 'states.A == "FAILED"';
    expect(valueOf(parseEdge({ tail: 'A', head: 'B', when }))).toEqual({ tail: 'A', head: 'B', when });
    expect(valueOf(parseEdge({ tail: 'A', head: 'B', when: null }))).toEqual({ tail: 'A', head: 'B', when: null });
    expect(linesOf(parseEdge({ tail: 'A', head: 'B', when: 5 }))).toEqual(['invalid_field /when']);
  });

  test('a graph may have a timeout and a limit', () => {
    const { timeoutMs, limit } = valueOf(parseGraphDocument({ name: 'a', timeoutMs: 5, limit: 2 }));
    expect({ timeoutMs, limit }).toEqual({ timeoutMs: 5, limit: 2 });
    expect(valueOf(parseGraphDocument({ name: 'a', timeoutMs: null }))).toMatchObject({ timeoutMs: null, limit: null });
    const lines = linesOf(parseGraphDocument({ name: 'a', timeoutMs: 0, limit: 1.5 }));
    expect(lines).toEqual(['invalid_field /timeoutMs', 'invalid_field /limit']);
  });
});

test.each([
  ['g', 'g', null],
  ['g@2', 'g', 2],
  ['g@02', 'g@02', null],
  ['a@b@12', 'a@b', 12],
])('splitGraphReference(%j) is %j, %j', (reference, name, version) => {
  expect(splitGraphReference(reference)).toEqual({ name, version });
});
