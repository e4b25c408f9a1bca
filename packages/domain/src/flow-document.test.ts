import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { buildDefinedGraph } from './testing-defined-graph.ts';
import { checkGraph } from './graph-check.ts';
import { readGraphDocument } from './graph-definition-parse.ts';
import { parseYamlText } from './graph-document.ts';
import { resolveParameters } from './parameters.ts';
import { FAILURE_POLICIES, PIPELINE_MODES } from './pipeline-status.ts';
import { simulate } from './simulate.ts';
import { vertexOutcomeSchema } from './simulate-types.ts';

const PAGE = readFileSync(new URL('../../../docs/flow.md', import.meta.url), 'utf8');

/** As `POST /graphs/{graph}/simulate` takes it. */
const whatIfSchema = z.strictObject({
  outcomes: z.record(z.string(), vertexOutcomeSchema).optional(),
  mode: z.enum(PIPELINE_MODES).optional(),
  onFailure: z.enum(FAILURE_POLICIES).optional(),
  slots: z.int().optional(),
});

interface Example {
  title: string;
  yaml: string;
  whatIf: z.output<typeof whatIfSchema>;
  state: string;
  makespanMs: number;
  rows: string[][];
}

function readExample(section: string): Example {
  const part = (pattern: RegExp): string => {
    const found = pattern.exec(section)?.[1];
    if (found === undefined) throw new Error(`expected ${String(pattern)} in the example: ${section.slice(0, 60)}`);
    return found;
  };
  const table = section.slice(section.indexOf('\n| vertex')).trim().split('\n').slice(2);
  return {
    title: part(/^Example: (.*)\n/),
    yaml: part(/```yaml\n([\s\S]*?)```/),
    whatIf: whatIfSchema.parse(JSON.parse(part(/```json\n([\s\S]*?)```/))),
    state: part(/The pipeline is (\w+) after \d+ ms/),
    makespanMs: Number(part(/The pipeline is \w+ after (\d+) ms/)),
    rows: table
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, 4)
          .map((cell) => cell.trim()),
      ),
  };
}

const EXAMPLES = PAGE.split('\n### ')
  .slice(1)
  .map((section) => readExample(section.split('\n## ')[0] as string));

test('the page has an example of every failure policy and of each way to go on', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(16);
  expect(new Set(EXAMPLES.map(({ title }) => title)).size).toBe(EXAMPLES.length);
});

test.each(EXAMPLES)('docs/flow.md: $title', ({ yaml, whatIf, state, makespanMs, rows }) => {
  const { definition, problems: wrong } = readGraphDocument(parseYamlText(yaml));
  expect(wrong).toEqual([]);
  expect(checkGraph(definition)).toEqual([]);
  const graph = buildDefinedGraph(definition);
  const { values, problems } = resolveParameters([...graph.vertices.values()], {});
  expect(problems).toEqual([]);
  const answer = simulate({
    graph,
    mode: whatIf.mode ?? 'auto',
    onFailure: whatIf.onFailure ?? definition.onFailure ?? 'stop',
    timeoutMs: definition.timeoutMs,
    slots: whatIf.slots ?? null,
    outcomes: new Map(Object.entries(whatIf.outcomes ?? {})),
    inputs: values,
  });
  expect([answer.state, answer.makespanMs]).toEqual([state, makespanMs]);
  expect(answer.tracks.map((track) => [track.vertex, track.state, track.reason ?? ''])).toEqual(rows);
});
