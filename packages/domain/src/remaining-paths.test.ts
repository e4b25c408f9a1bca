import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildFlowGraph, type FlowGraph } from './flow-graph.ts';
import { EQUAL_PATHS, findTurn, findRemainingPaths, findRemainingPathsInParts } from './remaining-paths.ts';
import { makeStep } from './testing-flow.ts';

/** @param ids in any order @param edges pairs of ids */
function graphOf(ids: readonly number[], edges: readonly (readonly [number, number])[]): FlowGraph {
  return buildFlowGraph(
    ids.map((id) => makeStep(id, `V${id}`)),
    edges.map(([tail, head]) => ({ tail, head })),
  );
}

const NOTHING_KNOWN = new Map<number, number>();

/** Every path, one after the other: for small graphs. */
function longestFrom({ vertices }: FlowGraph, durationOf: (id: number) => number, id: number): number {
  const ahead = (vertices.get(id)?.successors ?? []).map((next) => longestFrom({ vertices }, durationOf, next));
  return durationOf(id) + Math.max(0, ...ahead);
}

test('of vertices that never ran the number ahead decides', () => {
  const graph = graphOf(
    [7, 5, 3, 2],
    [
      [5, 3],
      [3, 2],
      [5, 2],
    ],
  );
  const paths = findRemainingPaths(graph, NOTHING_KNOWN);
  expect([5, 3, 2, 7].map((id) => paths.of(id))).toEqual([3, 2, 1, 1]);
  expect(paths.longestMs).toBe(3);
});

test('one that never ran is expected to take as long as the others on average, and none to take no time at all', () => {
  const graph = graphOf(
    [1, 2, 3, 4],
    [
      [1, 2],
      [3, 4],
    ],
  );
  const paths = findRemainingPaths(
    graph,
    new Map([
      [1, 0],
      [2, 100],
      [3, 20],
      [99, 5000],
    ]),
  );
  expect([1, 2, 3, 4].map((id) => paths.of(id))).toEqual([101, 100, 60, 40]);
});

test('of what the graph does not have there is nothing ahead', () => {
  const graph = graphOf([2, 4], []);
  const paths = findRemainingPaths(graph, NOTHING_KNOWN);
  expect([1, 3, 5].map((id) => paths.of(id))).toEqual([0, 0, 0]);
  const torn = { vertices: new Map([[4, { successors: [], predecessors: [3] }]]) };
  expect(findRemainingPaths(torn, NOTHING_KNOWN).longestMs).toBe(1);
  expect(findRemainingPaths({ vertices: new Map() }, NOTHING_KNOWN).longestMs).toBe(0);
});

test('is the longest of all paths, whatever the graph', () => {
  const size = 12;
  const edge = fc.tuple(fc.nat(size - 2), fc.nat(size - 2)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1]);
  const graphs = fc.record({
    stride: fc.integer({ min: 1, max: 1000 }),
    ways: fc.uniqueArray(edge, { maxLength: 40, selector: String }),
    durations: fc.array(fc.option(fc.integer({ min: 1, max: 1000 })), { minLength: size, maxLength: size }),
  });
  fc.assert(
    fc.property(graphs, ({ stride, ways, durations }) => {
      const idOf = (place: number): number => 1 + place * stride;
      const graph = graphOf(
        durations.map((_, place) => idOf(place)),
        ways.map(([tail = 0, head = 0]) => [idOf(tail), idOf(head)] as const),
      );
      const known = new Map(durations.flatMap((ms, place) => (ms === null ? [] : [[idOf(place), ms] as const])));
      const sum = [...known.values()].reduce((all, ms) => all + ms, 0);
      const otherwise = known.size === 0 ? 1 : sum / known.size;
      const expected = [...graph.vertices.keys()].map((id) =>
        longestFrom(graph, (of) => known.get(of) ?? otherwise, id),
      );
      const paths = findRemainingPaths(graph, known);
      for (const [place, id] of [...graph.vertices.keys()].entries()) {
        expect(paths.of(id)).toBeCloseTo(expected[place] ?? 0, 6);
      }
      expect(paths.longestMs).toBeCloseTo(Math.max(...expected), 6);
    }),
  );
});

test('in parts, of so many vertices each', () => {
  const ids = Array.from({ length: 10 }, (_, index) => index + 1);
  const graph = graphOf(
    ids,
    ids.slice(1).map((id) => [id - 1, id]),
  );
  const parts = findRemainingPathsInParts(graph, NOTHING_KNOWN, 4);
  const pauses = Array.from({ length: 3 }, () => parts.next().done);
  const last = parts.next();
  expect(pauses).toEqual([false, false, false]);
  expect(last.done === true ? ids.map((id) => last.value.of(id)) : null).toEqual(ids.toReversed());
});

test('a chain of 100,000 vertices, and as many beside each other', () => {
  const size = 100_000;
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  const chain = findRemainingPaths(
    graphOf(
      ids,
      ids.slice(1).map((id) => [id - 1, id]),
    ),
    NOTHING_KNOWN,
  );
  expect([chain.of(1), chain.of(size), chain.longestMs]).toEqual([size, 1, size]);
  const fan = findRemainingPaths(
    graphOf(
      ids,
      ids.slice(1).map((id) => [1, id]),
    ),
    new Map([[size, 500]]),
  );
  expect([fan.of(1), fan.of(size), fan.of(2)]).toEqual([1000, 500, 500]);
});

const MINUTE = 60_000;

test('within a pipeline it is the turn of the longer path', () => {
  const known = new Map([1, 2, 3].map((id) => [id, 10 * id] as const));
  const paths = findRemainingPaths(graphOf([1, 2, 3], [[1, 2]]), known);
  const turnOf = (vertexId: number, nowMs: number): number => findTurn(paths, vertexId, { startedAtMs: 1000, nowMs });
  expect([1, 2, 3].map((id) => turnOf(id, 1000))).toEqual([970, 980, 970]);
  expect(turnOf(2, MINUTE)).toBe(turnOf(2, 1000));
});

test('among pipelines whoever waits is overtaken by less and less', () => {
  const long = findRemainingPaths(graphOf([1, 2], [[1, 2]]), new Map([1, 2].map((id) => [id, 5000] as const)));
  const short = findRemainingPaths(graphOf([1], []), new Map([[1, 10]]));
  const turnOf = (paths: typeof long, vertexId: number, startedAtMs: number): number =>
    findTurn(paths, vertexId, { startedAtMs, nowMs: startedAtMs });
  expect(turnOf(long, 1, 9989)).toBeLessThan(turnOf(short, 1, 0));
  expect(turnOf(long, 1, 9991)).toBeGreaterThan(turnOf(short, 1, 0));
  expect(turnOf(short, 1, 1)).toBeGreaterThan(turnOf(short, 1, 0));
  expect(turnOf(EQUAL_PATHS, 7, 123)).toBe(123);
});

test('a pipeline that is long under way is as one of a minute, or of twice its longest path', () => {
  const paths = findRemainingPaths(graphOf([1, 2], [[1, 2]]), new Map([1, 2].map((id) => [id, 1000] as const)));
  const late = { startedAtMs: 0, nowMs: 60 * MINUTE };
  expect([1, 2].map((id) => findTurn(paths, id, late))).toEqual([59 * MINUTE - 2000, 59 * MINUTE - 1000]);
  const long = findRemainingPaths(graphOf([1], []), new Map([[1, 10 * MINUTE]]));
  expect(findTurn(long, 1, late)).toBe(40 * MINUTE - 10 * MINUTE);
});
