import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CliError } from './cli-error.ts';
import { importWorkflow } from './workflow-format.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../examples/wfinstances');

function workflow(tasks: object[], execution: object[] = []): string {
  return JSON.stringify({
    name: 'flow',
    schemaVersion: '1.5',
    workflow: { specification: { tasks }, execution: { tasks: execution } },
  });
}

function importTasks(...tasks: object[]) {
  return importWorkflow(workflow(tasks), 'flow.json', { timeScale: 1 });
}

/** Scripts here are texts, never the form with `next`. */
function textOf(script: unknown): string {
  expect(typeof script).toBe('string');
  return script as string;
}

function refusal(text: string): string {
  try {
    importWorkflow(text, 'flow.json', { timeScale: 1 });
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).exitCode).toBe(2);
    return (error as CliError).message;
  }
  throw new Error('expected a refusal, found none');
}

describe('the workflows of the examples', () => {
  test.each([
    ['helloworld-chain-5-chameleon', 5, 4],
    ['helloworld-forkjoin-10-chameleon', 10, 16],
    ['1000genome-chameleon-2ch-100k-001', 52, 76],
    ['smrnaseq-dirt02-001', 197, 344],
    ['epigenomics-chameleon-hep-2seq-50k-001', 223, 274],
    ['montage-chameleon-2mass-015d-001', 310, 798],
    ['bwa-chameleon-large-005', 1004, 4000],
    ['montage-chameleon-2mass-04d-001', 1312, 3540],
  ])('%s has %i vertices and %i edges', (name, vertices, edges) => {
    const text = readFileSync(path.join(FOLDER, `${name}.json`), 'utf8');
    const graph = importWorkflow(text, name, { timeScale: 0.001 });
    expect(graph.name).toBe(name);
    expect(graph.vertices).toHaveLength(vertices);
    expect(new Set(graph.vertices?.map((vertex) => vertex.name)).size).toBe(vertices);
    expect(graph.edges).toHaveLength(edges);
    expect(graph.vertices?.every(({ script }) => /^(:|sleep [\d.]+)\n$/.test(textOf(script)))).toBe(true);
  });
});

describe('tasks', () => {
  test('are joined where either names the other, once where both do', () => {
    const { edges } = importTasks(
      { id: 'a', children: ['b'] },
      { id: 'b', parents: ['a'], children: ['c'] },
      { id: 'c' },
      { id: 'd', parents: ['a'] },
    );
    expect(edges).toEqual([
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'd'],
    ]);
  });

  test('sleep as long as they ran, scaled; without a run time not at all', () => {
    const text = workflow(
      [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      [
        { id: 'a', runtimeInSeconds: 100.187 },
        { id: 'b', runtimeInSeconds: 0.0001 },
      ],
    );
    const { vertices } = importWorkflow(text, 'flow.json', { timeScale: 0.001 });
    expect(vertices?.map(({ script }) => script)).toEqual(['sleep 0.100187\n', ':\n', ':\n']);
  });

  test('get names that vertices may have, each once', () => {
    const { vertices, edges } = importTasks(
      { id: 'a/b', children: ['a_b'] },
      { id: 'a_b' },
      { id: '12' },
      { id: ' x\n' },
    );
    expect(vertices?.map(({ name }) => name)).toEqual(['a_b', 'a_b~2', 'task-12', 'x_']);
    expect(edges).toEqual([['a_b', 'a_b~2']]);
  });

  test('note their start and end in a journal, whatever its path', () => {
    const options = { timeScale: 1, journal: "/tmp/it's/journal", onLost: 'retry' as const, name: 'other' };
    const graph = importWorkflow(workflow([{ id: 'a' }]), 'flow.json', options);
    expect(graph.name).toBe('other');
    const [vertex] = graph.vertices ?? [];
    expect(vertex?.onLost).toBe('retry');
    const lines = textOf(vertex?.script).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^printf 'START .*>>'\/tmp\/it'\\''s\/journal'$/);
    expect(lines[2]).toMatch(/^printf 'END .*>>'\/tmp\/it'\\''s\/journal'$/);
  });
});

describe('what is no workflow is refused, with every problem', () => {
  test.each([
    ['not JSON', '{"a":', 'expected JSON'],
    ['a list', '[]', 'the document: '],
    ['another version', workflow([{ id: 'a' }]).replace('1.5', '1.4'), 'schemaVersion: expected schemaVersion "1.5"'],
    ['no tasks', workflow([]), 'workflow.specification.tasks: expected at least one task'],
    ['no specification', '{"schemaVersion":"1.5","workflow":{}}', 'workflow.specification: '],
    ['a negative run time', workflow([{ id: 'a' }], [{ id: 'a', runtimeInSeconds: -1 }]), 'runtimeInSeconds: '],
    ['a task without an id', workflow([{ name: 'a' }]), 'workflow.specification.tasks.0.id: '],
  ])('%s', (_title, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  test('unknown and repeated ids are named together', () => {
    const message = refusal(
      workflow([
        { id: 'a', children: ['x'] },
        { id: 'a', parents: ['y'] },
      ]),
    );
    expect(message).toContain('task a names the child x: there is no such task');
    expect(message).toContain('task a names the parent y: there is no such task');
    expect(message).toContain('task a: expected each id once');
  });
});
