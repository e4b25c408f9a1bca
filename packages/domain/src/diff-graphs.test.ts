import { expect, test } from '@jest/globals';
import type { DiffableGraph } from './diff-graphs.ts';
import { diffGraphs } from './diff-graphs.ts';
import { parseGraphDocument } from './graph-definition-parse.ts';

/** @param ids of the vertices, in order */
function graphOf(document: object, ids: readonly number[]): DiffableGraph {
  const parsed = parseGraphDocument({ name: 'g', ...document });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const vertices = parsed.value.vertices.map((vertex, index) => ({ ...vertex, id: ids[index] ?? 0 }));
  return { ...parsed.value, vertices };
}

const A = { name: 'A', script: 'a', input: { x: { type: 'int' }, y: {} } };
const B = { name: 'B', script: 'b' };
const NOTHING = {
  header: [],
  vertices: { added: [], removed: [], changed: [] },
  edges: { added: [], removed: [], changed: [] },
};

test('the same graph, in whatever order it is written, has no difference', () => {
  const one = graphOf(
    {
      vertices: [A, B, { ...B, name: 'C' }],
      edges: [
        ['A', 'B'],
        ['A', 'C'],
      ],
    },
    [1, 2, 3],
  );
  const input = { y: { type: 'string' }, x: { type: 'integer' } };
  const other = graphOf(
    {
      vertices: [{ ...B, name: 'C' }, B, { ...A, input }],
      edges: [
        ['A', 'C'],
        ['A', 'B'],
      ],
    },
    [3, 2, 1],
  );
  expect(diffGraphs(one, other)).toEqual(NOTHING);
  expect(diffGraphs(one, one)).toEqual(NOTHING);
});

test('names the fields of the header', () => {
  const before = graphOf({ timeoutMs: 5, onFailure: 'kill' }, []);
  const after = graphOf({ timeoutMs: 6, limit: 2 }, []);
  expect(diffGraphs(before, after).header).toEqual([
    { field: 'onFailure', before: 'kill', after: null },
    { field: 'timeoutMs', before: 5, after: 6 },
    { field: 'limit', before: null, after: 2 },
  ]);
});

test('names vertices that came, went and changed, with their fields before and after', () => {
  const before = graphOf({ vertices: [A, B, { name: 'old', script: '' }] }, [1, 2, 3]);
  const changed = { ...B, name: 'B2', script: 'b2', gate: { message: 'go?' }, labels: ['gpu'] };
  const after = graphOf(
    { vertices: [{ ...A, next: 2, input: { x: { type: 'int' } } }, changed, { name: 'old', script: '' }] },
    [1, 2, 4],
  );
  expect(diffGraphs(before, after).vertices).toEqual({
    added: [{ id: 4, name: 'old' }],
    removed: [{ id: 3, name: 'old' }],
    changed: [
      {
        id: 1,
        name: 'A',
        fields: [
          {
            field: 'input',
            before: { x: { type: 'integer' }, y: { type: 'string' } },
            after: { x: { type: 'integer' } },
          },
          { field: 'next', before: null, after: [2] },
        ],
      },
      {
        id: 2,
        name: 'B2',
        fields: [
          { field: 'name', before: 'B', after: 'B2' },
          { field: 'script', before: 'b', after: 'b2' },
          { field: 'labels', before: null, after: ['gpu'] },
          { field: 'gate', before: null, after: { message: 'go?' } },
        ],
      },
    ],
  });
});

test('names edges that came, went and changed; a new name of a vertex is no other edge', () => {
  const vertices = [A, B, { name: 'C', script: '' }];
  const before = graphOf(
    { vertices, edges: [['A', 'B'], ['B', 'C'], { tail: 'A', head: 'C', when: 'true' }] },
    [1, 2, 3],
  );
  const renamed = [A, { ...B, name: 'B2' }, { name: 'C', script: '' }];
  const after = graphOf(
    { vertices: renamed, edges: [['A', 'B2'], ['C', 'B2'], { tail: 'A', head: 'C', when: 'false' }] },
    [1, 2, 3],
  );
  const stored = { ...after, edges: after.edges.map((edge, index) => ({ ...edge, id: index + 1 })) };
  expect(diffGraphs(before, stored).edges).toEqual({
    added: [{ tail: 'C', head: 'B2', when: null }],
    removed: [{ tail: 'B', head: 'C', when: null }],
    changed: [{ tail: 'A', head: 'C', fields: [{ field: 'when', before: 'true', after: 'false' }] }],
  });
});
