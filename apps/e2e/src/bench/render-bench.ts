import { renderTable } from '../testing/render-table.ts';
import type { Contender } from './contender.ts';
import type { Line, Spread } from './summarize-rounds.ts';
import { countTasks, type Workload } from './workloads.ts';

const MIB = 2 ** 20;

/** What a bench has shown, ratios first; Markdown. */
export function renderBench(options: {
  subject: string;
  contenders: readonly Contender[];
  workloads: readonly Workload[];
  lines: readonly Line[];
  settings: Readonly<Record<string, string>>;
}): string {
  const { subject, contenders, workloads, lines, settings } = options;
  const own = lines.filter(({ contender }) => contender === subject);
  const tasks = new Map(workloads.map((workload) => [workload.id, countTasks(workload)]));
  const rateOf = (workload: string, ms: number): string => (((tasks.get(workload) ?? 0) / ms) * 1000).toFixed(0);
  const names = [...new Set(own.flatMap(({ perTask }) => Object.keys(perTask)))];
  const processes = [...new Set(own.flatMap(({ rssBytes }) => Object.keys(rssBytes)))];
  return [
    `## ${subject} by others`,
    `The rate of ${subject} by the other's, round by round: median (least to most).`,
    renderTable(
      ['workload', 'other', 'ratio'],
      lines
        .filter(({ contender }) => contender !== subject)
        .map(({ workload, contender, ratio }) => [workload, contender, showSpread(ratio, 2)]),
    ),
    '## Times',
    renderTable(
      ['workload', 'program', 'ms', 'ms a task', 'tasks a second'],
      lines.map(({ workload, contender, ms }) => [
        workload,
        contender,
        showSpread(ms, 0),
        (ms.median / (tasks.get(workload) ?? 1)).toFixed(2),
        rateOf(workload, ms.median),
      ]),
    ),
    '## For each task',
    renderTable(
      ['workload', ...names],
      own.map(({ workload, perTask }) => [workload, ...names.map((name) => (perTask[name] ?? 0).toFixed(2))]),
    ),
    '## Memory, MiB at most',
    renderTable(
      ['workload', ...processes],
      own.map(({ workload, rssBytes }) => [
        workload,
        ...processes.map((name) => ((rssBytes[name] ?? 0) / MIB).toFixed(0)),
      ]),
    ),
    '## What was run',
    [
      ...workloads.map(({ id, title }) => `- ${id}: ${title}`),
      ...contenders.map(({ name, description }) => `- ${name}: ${description}`),
      ...Object.entries(settings).map(([name, value]) => `- ${name}: ${value}`),
    ].join('\n'),
    '',
  ].join('\n\n');
}

function showSpread({ min, median, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
