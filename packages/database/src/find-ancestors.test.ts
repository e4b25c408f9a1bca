import { expect, test } from '@jest/globals';
import { findAncestors } from './find-ancestors.ts';

type Edges = Record<number, number[]>;

function graphOf(predecessors: Edges): Parameters<typeof findAncestors>[0] {
  const vertices = Object.entries(predecessors).map(([id, before]) => [Number(id), { predecessors: before }]);
  return { vertices: new Map(vertices as never) };
}

test('all that comes before, once, and nothing else', () => {
  const graph = graphOf({ 1: [], 2: [1], 3: [1], 4: [2, 3], 5: [4], 6: [] });
  expect([1, 4, 5, 6].map((id) => [...findAncestors(graph, id)].toSorted((a, b) => a - b))).toEqual([
    [],
    [1, 2, 3],
    [1, 2, 3, 4],
    [],
  ]);
  expect(findAncestors(graph, 5)).toBe(findAncestors(graph, 5));
});

test('graphs are told apart', () => {
  const [one, other] = [graphOf({ 1: [], 2: [1] }), graphOf({ 1: [], 2: [] })];
  expect([findAncestors(one, 2).size, findAncestors(other, 2).size]).toEqual([1, 0]);
});

test('a long chain is no depth of calls', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [index + 1, index === 0 ? [] : [index]]),
  );
  expect(findAncestors(graphOf(chain), 100_000).size).toBe(99_999);
});
