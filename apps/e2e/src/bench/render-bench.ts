import { renderTable } from '../testing/render-table.ts';
import type { Line, Spread } from './summarize-rounds.ts';
import { countTasks, type Workload } from './workloads.ts';

const MIB = 2 ** 20;
/** In every workload, of the programs that hold no data of their own. */
const MAX_RSS_BYTES = 200 * MIB;
const BOUND_PROCESSES: ReadonlySet<string> = new Set(['api', 'orchestrator', 'worker']);

/** What a bench has shown, ratios first; Markdown. */
export function renderBench(options: {
  subject: string;
  workloads: readonly Workload[];
  lines: readonly Line[];
}): string {
  const { subject, workloads, lines } = options;
  const own = lines.filter(({ contender }) => contender === subject);
  const tasks = new Map(workloads.map((workload) => [workload.id, countTasks(workload)]));
  const rateOf = (workload: string, ms: number): string => (((tasks.get(workload) ?? 0) / ms) * 1000).toFixed(0);
  const names = [...new Set(own.flatMap(({ perTask }) => Object.keys(perTask)))];
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
    '## Memory at most, MiB',
    renderMemory(own.map(({ workload, rssBytes }) => [workload, rssBytes])),
  ].join('\n\n');
}

/** What each process held at most. @param rows bytes, by workload */
export function renderMemory(rows: readonly (readonly [workload: string, rssBytes: Record<string, number>])[]): string {
  const processes = [...new Set(rows.flatMap(([, rssBytes]) => Object.keys(rssBytes)))];
  const show = (name: string, bytes: number): string => {
    const text = (bytes / MIB).toFixed(0);
    return BOUND_PROCESSES.has(name) && bytes > MAX_RSS_BYTES ? `**${text}**` : text;
  };
  return [
    renderTable(
      ['workload', ...processes],
      rows.map(([workload, rssBytes]) => [workload, ...processes.map((name) => show(name, rssBytes[name] ?? 0))]),
    ),
    `Of ${[...BOUND_PROCESSES].join(', ')}: **more than ${MAX_RSS_BYTES / MIB} MiB**, which is the bar.`,
  ].join('\n\n');
}

/** Median, least and most. */
export function showSpread({ min, median, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
