import type { GraphDocument } from '@baton/client';
import { z } from 'zod';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

/**
 * Reads WfFormat 1.5 (WfCommons): `workflow.specification.tasks` with parents and children, `workflow.execution.tasks` with
 * run times. Two tasks are joined where either names the other. What a flow does not need (files, machines, commands) is
 * ignored.
 */
const taskList = z.array(
  z.object({
    id: z.string().min(1),
    name: z.string().optional(),
    parents: z.array(z.string()).default([]),
    children: z.array(z.string()).default([]),
  }),
);
const workflowSchema = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  schemaVersion: z.literal('1.5', 'expected schemaVersion "1.5"'),
  workflow: z.object({
    specification: z.object({ tasks: taskList.min(1, 'expected at least one task') }),
    execution: z
      .object({ tasks: z.array(z.object({ id: z.string(), runtimeInSeconds: z.number().min(0).default(0) })) })
      .optional(),
  }),
});

export interface ImportOptions {
  /** Seconds of sleep for each second that a task ran. */
  timeScale: number;
  /** Absent: the workflow's own name. */
  name?: string;
  /** Absolute path: each script also appends a line at its start and one at its end. */
  journal?: string;
  onLost?: 'fail' | 'retry';
}

/**
 * Makes a graph of a workflow.
 * @param file for messages
 * @throws CliError naming every problem
 */
export function importWorkflow(text: string, file: string, options: ImportOptions): GraphDocument {
  const { workflow, ...header } = parseWorkflow(text, file);
  const { tasks } = workflow.specification;
  const names = nameVertices(tasks.map(({ id }) => id));
  const problems: string[] = [];
  const edges = findEdges(tasks, names, problems);
  const runtimes = new Map(workflow.execution?.tasks.map(({ id, runtimeInSeconds }) => [id, runtimeInSeconds]));
  if (problems.length > 0) throw refuse(file, problems);
  return {
    name: options.name ?? cleanName(header.name ?? file.replace(/^.*\//, '').replace(/\.json$/, '')),
    ...(header.description === undefined ? {} : { description: header.description.slice(0, 10_000) }),
    vertices: tasks.map(({ id, name }) => ({
      name: names.get(id) ?? id,
      ...(name === undefined || name === names.get(id) ? {} : { description: name.slice(0, 10_000) }),
      script: composeScript((runtimes.get(id) ?? 0) * options.timeScale, options.journal),
      ...(options.onLost === undefined ? {} : { onLost: options.onLost }),
    })),
    edges,
  };
}

function parseWorkflow(text: string, file: string): z.output<typeof workflowSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${file}: expected JSON, found ${(cause as Error).message}`, EXIT.usage, { cause });
  }
  const parsed = workflowSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(
    file,
    parsed.error.issues.map(
      ({ path, message }) => `${path.length === 0 ? 'the document' : path.join('.')}: ${message}`,
    ),
  );
}

const MAX_PROBLEMS_SHOWN = 20;

function refuse(file: string, problems: readonly string[]): CliError {
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return new CliError([`${file}: expected a workflow in WfFormat 1.5`, ...shown, ...more].join('\n  '), EXIT.usage);
}

type Task = z.output<typeof taskList>[number];

function findEdges(tasks: readonly Task[], names: ReadonlyMap<string, string>, problems: string[]): [string, string][] {
  const seen = new Set<string>();
  const edges: [string, string][] = [];
  const join = (tail: string, head: string, said: string): void => {
    const [tailName, headName] = [names.get(tail), names.get(head)];
    if (tailName === undefined || headName === undefined) {
      problems.push(`${said}: there is no such task`);
    } else if (!seen.has(JSON.stringify([tail, head]))) {
      seen.add(JSON.stringify([tail, head]));
      edges.push([tailName, headName]);
    }
  };
  const ids = new Set<string>();
  for (const { id, parents, children } of tasks) {
    if (ids.has(id)) problems.push(`task ${id}: expected each id once, found it again`);
    ids.add(id);
    for (const parent of parents) join(parent, id, `task ${id} names the parent ${parent}`);
    for (const child of children) join(id, child, `task ${id} names the child ${child}`);
  }
  return edges;
}

const MAX_NAME_LENGTH = 190;

/** Ids as names of vertices: what a name may not be is changed, and numbered where that makes two the same. */
function nameVertices(ids: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const id of ids) {
    if (names.has(id)) continue;
    const base = cleanName(id.replaceAll('/', '_'));
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base.slice(0, MAX_NAME_LENGTH - 8)}~${number}`;
    taken.add(name);
    names.set(id, name);
  }
  return names;
}

function cleanName(text: string): string {
  const clean = text
    .replace(/[\p{Control}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '_')
    .trim()
    .slice(0, MAX_NAME_LENGTH - 8)
    .trim();
  if (clean === '') return 'unnamed';
  // Only digits is an id, and `name@3` a version.
  return /^\d+$/.test(clean) ? `task-${clean}` : clean.replace(/@(\d+)$/, '-$1');
}

function composeScript(seconds: number, journal: string | undefined): string {
  const length = seconds.toFixed(6).replace(/\.?0+$/, '');
  const sleep = length === '0' ? ':' : `sleep ${length}`;
  if (journal === undefined) return `${sleep}\n`;
  return `${composeNote('START', journal)}\n${sleep}\n${composeNote('END', journal)}\n`;
}

/** One write to a file opened for appending: lines of many scripts at once do not mix. Fields: see the verifier. */
function composeNote(what: 'START' | 'END', journal: string): string {
  const file = `'${journal.replaceAll("'", "'\\''")}'`;
  const fields = `"$BATON_VERTEX" "$BATON_ATTEMPT" "$BATON_RUN_ID" "$$" "$(date +%s%N)"`;
  return `printf '${what} %s %s %s %s %s\\n' ${fields} >>${file}`;
}
