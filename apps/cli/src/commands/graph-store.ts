import type { CheckResult, SavedGraph } from '@baton/client';
import { describeProblem } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { countOf, printable } from '../format.ts';
import { applyGraphFile, isGraphFile } from '../graph-file.ts';

/** Stores the graphs of files. What their checks find is told; the exit code is 2 where one of them cannot start. */
export async function applyGraphs(context: CommandContext, files: readonly string[]): Promise<ExitCode> {
  const client = context.connect();
  const saved: SavedGraph[] = [];
  for (const file of files) saved.push(await applyGraphFile(client, file, context.workingDirectory));
  answer(context, { items: saved }, () => saved.map((graph) => renderSaved(context, graph)).join('\n'));
  return saved.some(({ problems }) => problems.length > 0) ? EXIT.usage : EXIT.success;
}

const CHANGES = {
  created: 'stored',
  replaced: 'replaced',
  next_version: 'stored as the next version',
  unchanged: 'unchanged',
} as const satisfies Record<SavedGraph['change'], string>;

export function renderSaved(context: CommandContext, graph: SavedGraph): string {
  const size = `${countOf(graph.vertices.length, 'vertex', 'vertices')}, ${countOf(graph.edges.length, 'edge')}`;
  const change = `${printable(graph.name)}@${graph.version} ${CHANGES[graph.change]}: ${size}`;
  return `${change}, ${renderVerdict(context, graph.problems)}`;
}

function renderVerdict({ colors }: CommandContext, problems: CheckResult['problems']): string {
  if (problems.length === 0) return colors.green('check passed');
  const lines = problems.map((problem) => `\n  ${describeProblem(problem)}`);
  return `${colors.red('it cannot start')}:${lines.join('')}`;
}

/** Checks graphs that are stored, or files, which are stored first. Exit code 2 where one of them cannot start. */
export async function checkGraphs(
  context: CommandContext,
  target: string | undefined,
  options: { all?: boolean },
): Promise<ExitCode> {
  const client = context.connect();
  if (target !== undefined && isGraphFile(target, context.workingDirectory)) return applyGraphs(context, [target]);
  const results =
    target === undefined || options.all === true ? await client.checkGraphs() : [await client.checkGraph(target)];
  answer(context, { items: results }, () =>
    results.length === 0
      ? 'Every graph has passed its check.'
      : results
          .map(({ name, version, problems }) => `${printable(name)}@${version}: ${renderVerdict(context, problems)}`)
          .join('\n'),
  );
  return results.some(({ checked }) => !checked) ? EXIT.usage : EXIT.success;
}
