import type { GraphDiff } from '@baton/client';
import type { Command } from 'commander';
import type { Colors } from 'picocolors/types';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { readId } from '../options.ts';
import type { Act } from '../program.ts';

/** The words of `baton graph diff`. */
export function addGraphDiffCommand(graph: Command, act: Act): void {
  graph
    .command('diff')
    .description('tell what two versions of a graph differ in')
    .argument('<graph>', 'id or name')
    .argument('[from]', 'version; the one before unless given', readId)
    .argument('[to]', 'version; the latest unless given', readId)
    .action(async (name: string, from: number | undefined, to: number | undefined) =>
      act(showDiff)(name, { from, to }),
    );
}

async function showDiff(
  context: CommandContext,
  name: string,
  { from, to }: { from: number | undefined; to: number | undefined },
): Promise<ExitCode> {
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const diff = await context.connect().diffGraph(name, range);
  answer(context, diff, () => renderDiff(context.colors, diff));
  return EXIT.success;
}

function renderDiff(colors: Colors, diff: GraphDiff): string {
  const { graph, from, to, header, vertices, edges } = diff;
  const edgeName = ({ tail, head }: { tail: string; head: string }): string => printable(`${tail} -> ${head}`);
  const plus = (text: string): string => colors.green(`+ ${text}`);
  const minus = (text: string): string => colors.red(`- ${text}`);
  const lines = [
    ...header.flatMap((change) => renderChange(colors, change, '')),
    ...vertices.removed.map(({ name }) => minus(`vertex ${printable(name)}`)),
    ...vertices.added.map(({ name }) => plus(`vertex ${printable(name)}`)),
    ...vertices.changed.flatMap(({ name, fields }) => [
      `~ vertex ${printable(name)}`,
      ...fields.flatMap((change) => renderChange(colors, change, '    ')),
    ]),
    ...edges.removed.map((edge) => minus(`edge ${edgeName(edge)}`)),
    ...edges.added.map((edge) => plus(`edge ${edgeName(edge)}`)),
    ...edges.changed.flatMap((edge) => [
      `~ edge ${edgeName(edge)}`,
      ...edge.fields.flatMap((change) => renderChange(colors, change, '    ')),
    ]),
  ];
  const heading = `${colors.bold(printable(graph))}: version ${from} to ${to}`;
  return [heading, ...(lines.length === 0 ? ['no difference'] : lines)].join('\n');
}

type Change = GraphDiff['header'][number];

/** Texts of several lines, such as scripts, line by line. */
function renderChange(colors: Colors, { field, before, after }: Change, indent: string): string[] {
  const show = (value: unknown): string[] =>
    value === null ? [] : (typeof value === 'string' ? value.replace(/\n$/, '') : JSON.stringify(value)).split('\n');
  return [
    `${indent}${field}:`,
    ...show(before).map((line) => `${indent}${colors.red(`  - ${printable(line)}`)}`),
    ...show(after).map((line) => `${indent}${colors.green(`  + ${printable(line)}`)}`),
  ];
}
