import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Problem } from './errors.ts';
import { checkGraph, checkGraphDocument } from './graph-check.ts';
import type { GraphDefinition } from './graph-definition.ts';
import { parseGraphDocument } from './graph-definition-parse.ts';
import { JOIN_RULES, RULES_THAT_NEED_A_PREDECESSOR } from './join-rules.ts';

function graphOf(names: string, edges: string[], vertexFields: Record<string, object> = {}): GraphDefinition {
  const parsed = parseGraphDocument({
    name: 'test',
    vertices: names.split(' ').map((name) => ({ name, script: `echo ${name}`, ...vertexFields[name] })),
    edges: edges.map((edge) => edge.split('->')),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function codesOf(problems: readonly Problem[]): string[] {
  return problems.map(({ code }) => code);
}

describe('checkGraph', () => {
  test.each([
    ['test1', ['A->B', 'A->C', 'C->B', 'B->D']],
    ['test3, several ends', ['B->A', 'A->C', 'B->C', 'B->D']],
    ['test4, several entries', ['A->B', 'A->C', 'C->B', 'D->B']],
  ])("passes the owner's graph %s", (_name, edges) => {
    expect(checkGraph(graphOf('A B C D', edges))).toEqual([]);
  });

  test("spells out the cycle of the owner's test2", () => {
    expect(checkGraph(graphOf('A B C D', ['B->A', 'A->C', 'C->B', 'B->D']))).toEqual([
      {
        code: 'cycle',
        message: 'expected no cycle, found A -> C -> B -> A',
        pointer: '/vertices/0',
        vertices: ['A', 'C', 'B', 'A'],
      },
    ]);
  });

  test('names one shortest cycle for each component', () => {
    const edges = ['A->B', 'B->C', 'C->A', 'B->A', 'C->D', 'D->E', 'E->F', 'F->D'];
    const cycles = checkGraph(graphOf('A B C D E F', edges)).map(({ vertices }) => vertices?.join(' '));
    expect(cycles).toEqual(['A B A', 'D E F D']);
  });

  test('names every problem at once, in document order', () => {
    const problems = checkGraphDocument({
      name: 'bad',
      vertices: [
        { name: 'A', script: 'true', next: ['C', 'Z', 'B', 2, 9] },
        { name: 'B', script: 'true', join: 'one_success', priority: -1 },
        { name: 'B', script: 'true' },
        { name: 'C', script: 'true', join: 'all_failed' },
        { script: 'true' },
      ],
      edges: [['A', 'B'], ['A', 'B'], ['A', 'A'], ['A', 'nowhere'], ['x', 'y'], { tail: 'B', head: 'A' }, ['A']],
    });
    expect(problems.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'invalid_field /vertices/1/priority',
      'missing_field /vertices/4/name',
      'invalid_field /edges/6',
      'duplicate_vertex /vertices/2',
      'duplicate_edge /edges/1',
      'self_loop /edges/2',
      'unknown_vertex /edges/3',
      'unknown_vertex /edges/4',
      'cycle /vertices/0',
      'bad_next /vertices/0/next/0',
      'bad_next /vertices/0/next/1',
      'bad_next /vertices/0/next/3',
      'bad_next /vertices/0/next/4',
      'impossible_join /vertices/3/join',
    ]);
    expect(problems[7]).toMatchObject({ vertices: ['x', 'y'] });
  });

  test('refuses a graph without vertices', () => {
    expect(checkGraphDocument({ name: 'empty' })).toMatchObject([{ code: 'no_vertex' }]);
  });

  test('takes next by id and by name, with ids of a stored graph', () => {
    const graph = graphOf('A B C', ['A->B', 'A->C'], { A: { next: [71, 'C'] } });
    const stored = { ...graph, vertices: graph.vertices.map((vertex, index) => ({ ...vertex, id: 70 + index })) };
    expect(checkGraph(stored)).toEqual([]);
    expect(codesOf(checkGraph(graph))).toEqual(['bad_next']);
  });

  test.each(JOIN_RULES)('join %s of a vertex without predecessors', (join) => {
    const problems = checkGraph(graphOf('A B', ['A->B'], { A: { join }, B: { join } }));
    expect(codesOf(problems)).toEqual(RULES_THAT_NEED_A_PREDECESSOR.has(join) ? ['impossible_join'] : []);
  });

  test('a chain of 100,000 vertices neither recurses nor is slow, closed to a cycle too', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `v${index}`);
    const edges = names.slice(1).map((name, index) => `v${index}->${name}`);
    const chain = graphOf(names.join(' '), edges);
    expect(checkGraph(chain)).toEqual([]);
    chain.edges.push({ tail: 'v99999', head: 'v0', when: null });
    const [cycle] = checkGraph(chain);
    expect(cycle?.vertices).toHaveLength(100_001);
    expect(cycle?.message).toContain('v48 -> (99951 more) -> v0');
  });

  test('finds a cycle exactly where edges lead backwards, and spells out a real one', () => {
    const pairs = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 });
    fc.assert(
      fc.property(pairs, (drawn) => {
        const edges = [
          ...new Set(drawn.filter(([tail, head]) => tail !== head).map(([tail, head]) => `v${tail}->v${head}`)),
        ];
        const names = Array.from({ length: 10 }, (_, index) => `v${index}`);
        const cycles = checkGraph(graphOf(names.join(' '), edges));
        expect(cycles.length > 0).toBe(hasCycle(names, edges));
        for (const { vertices = [] } of cycles) {
          expect(vertices.at(-1)).toBe(vertices[0]);
          vertices.slice(1).forEach((name, index) => expect(edges).toContain(`${vertices[index]}->${name}`));
        }
      }),
      { seed: 1 },
    );
  });
});

/** Removes vertices without predecessors until none is left or none can be removed. */
function hasCycle(names: readonly string[], edges: readonly string[]): boolean {
  let left = [...names];
  for (;;) {
    const blocked = left.filter((name) => left.some((tail) => edges.includes(`${tail}->${name}`)));
    if (blocked.length === left.length) return left.length > 0;
    left = blocked;
  }
}
