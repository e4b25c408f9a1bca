import { describe, expect, test } from '@jest/globals';
import type { Problem } from './errors.ts';
import { checkGraphDocument } from './graph-check.ts';
import { checkScripts } from './graph-check-scripts.ts';
import { buildStructure, findUnreached } from './graph-check-structure.ts';
import { parseGraphDocument } from './graph-definition-parse.ts';

function check(scripts: Record<string, string>, edges: [string, string][]): Problem[] {
  const vertices = Object.entries(scripts).map(([name, script]) => ({ name, script, input: { ip: {} } }));
  return checkGraphDocument({ name: 'test', vertices, edges });
}

describe('scripts in the check', () => {
  test('unsafe placeholders are named with their place', () => {
    const [problem, ...others] = check({ A: 'ping {ip}', B: 'true\neval {ip}' }, [['A', 'B']]);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'unsafe_placeholder', pointer: '/vertices/1/script', vertices: ['B'] });
    expect(problem?.message).toContain('line 2, column 6');
  });

  test('outputs must come from before, directly or not', () => {
    const scripts = { A: 'echo {A.x} {B.x}', B: 'echo {A.x}', C: 'echo {A.x} {B.x} {D.x} {nobody.x}', D: 'echo {C.y}' };
    const problems = check(scripts, [
      ['A', 'B'],
      ['B', 'C'],
      ['A', 'C'],
    ]);
    expect(problems.map(({ code, vertices }) => `${code} ${vertices?.join(' ')}`)).toEqual([
      'bad_output_reference A A',
      'bad_output_reference A B',
      'bad_output_reference C D',
      'bad_output_reference D C',
    ]);
    expect(problems[1]?.message).toBe(
      'expected {B.x} in A to name an output of a vertex before it, found B, which does not come before it',
    );
  });

  test('a parameter is no output', () => {
    expect(check({ A: 'echo {ip} {ip.x}' }, [])).toEqual([]);
  });

  test('all of a cycle and what it says of outputs at once', () => {
    const problems = check({ A: 'echo {C.x}', B: 'true', C: 'true' }, [
      ['A', 'B'],
      ['B', 'A'],
    ]);
    expect(problems.map(({ code }) => code)).toEqual(['cycle', 'bad_output_reference']);
  });

  test('what was not found within the budget is a problem', () => {
    const edges = [{ tail: 'A', head: 'B', when: null }];
    const parsed = parseGraphDocument({
      name: 'a',
      vertices: [
        { name: 'A', script: '' },
        { name: 'B', script: 'echo {A.x}' },
      ],
    });
    if (!parsed.ok) throw new Error('expected a graph');
    const positions = new Map([
      ['A', 0],
      ['B', 1],
    ]);
    const context = { vertices: parsed.value.vertices, positions, structure: buildStructure(edges, positions, 2) };
    expect(checkScripts(context)).toEqual([]);
    expect(checkScripts(context, 0)).toMatchObject([
      { code: 'bad_output_reference', message: expect.stringContaining('too far away') },
    ]);
  });

  test('the search for what comes before has a budget', () => {
    const structure = {
      count: 3,
      offsets: Int32Array.of(0, 1, 2, 2),
      heads: Int32Array.of(1, 2),
      inDegrees: Int32Array.of(0, 1, 1),
    };
    const search = (edges: number) => findUnreached(structure, 0, { targets: new Set([2]), budget: { edges } });
    expect(search(1)).toBeNull();
    expect(search(2)).toEqual(new Set());
    expect(findUnreached(structure, 2, { targets: new Set([0]), budget: { edges: 9 } })).toEqual(new Set([0]));
  });
});
