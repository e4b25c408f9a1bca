import type { Client, Pipeline, SavedGraph, Track } from '@baton/client';
import { describeProblem, exitCodeOf } from './cli-error.ts';
import type { Colors } from 'picocolors/types';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { reportFailures } from './failure-report.ts';
import { exitCodeOfPipeline, followPipeline } from './follow-pipeline.ts';
import { colorState, countOf, formatDuration, formatSpan, formatTable, printable, shorten } from './format.ts';
import { applyGraphFile } from './graph-file.ts';
import { collectParams, parseAssignments } from './parameters.ts';
import { explainEnd, formatElapsed } from './render-pipeline.ts';
import { readOutputTail, summariseOutput } from './track-output.ts';

/** Graph after graph: stored, checked, run, shown. */

export interface ShownGraph {
  graph: string;
  vertices: number;
  /** Of a graph that cannot start. */
  problems: string[];
  pipelineId: number | null;
  state: Pipeline['state'] | 'REFUSED';
  /** Vertices that ran, in the order in which they started. */
  order: string[];
  workers: string[];
  durationMs: number | null;
}

export interface ShowResult {
  graphs: ShownGraph[];
  /** What is not as it must be. */
  /** Of the examples it is known. */
  isExamples: boolean;
  complaints: string[];
  exitCode: ExitCode;
}

export interface ShowOptions {
  files: readonly string[];
  params: readonly string[];
  /** The examples of the repository: what they must do is known. */
  isExamples: boolean;
}

/** @returns what each graph did; the exit code is 0 where all is as it must be */
export async function runShow(context: CommandContext, client: Client, options: ShowOptions): Promise<ShowResult> {
  const assignments = parseAssignments(options.params);
  const graphs: ShownGraph[] = [];
  for (const file of options.files) {
    const saved = await applyGraphFile(client, file, context.workingDirectory);
    say(context, `\n${context.colors.bold(printable(saved.name))}  ${describeSize(saved)}`);
    graphs.push(
      saved.problems.length > 0
        ? await showRefusal(context, client, saved)
        : await showRun(context, client, { saved, assignments }),
    );
  }
  const complaints = options.isExamples ? findComplaints(graphs) : [];
  const { isExamples } = options;
  return { graphs, isExamples, complaints, exitCode: judge(graphs, complaints, isExamples) };
}

function say({ terminal, isJson }: CommandContext, line: string): void {
  if (!isJson) terminal.write(`${line}\n`);
}

function describeSize({ vertices, edges }: SavedGraph): string {
  const shown = edges.slice(0, 12).map(({ tail, head }) => `${printable(tail)}→${printable(head)}`);
  const more = edges.length > shown.length ? ' …' : '';
  return `${countOf(vertices.length, 'vertex', 'vertices')}, ${countOf(edges.length, 'edge')}: ${shown.join(' ')}${more}`;
}

/** The check's answer, and the proof that a start is refused. */
async function showRefusal(context: CommandContext, client: Client, saved: SavedGraph): Promise<ShownGraph> {
  const problems = saved.problems.map(describeProblem);
  for (const problem of problems) say(context, `  ${context.colors.yellow('check refused')}  ${problem}`);
  const shown = { graph: saved.name, vertices: saved.vertices.length, problems, order: [], workers: [] };
  try {
    const { id, state } = await client.startPipeline({ graph: saved.name });
    return { ...shown, pipelineId: id, state, durationMs: null };
  } catch (error) {
    if (exitCodeOf(error) !== EXIT.usage) throw error;
    say(context, `  ${context.colors.yellow('start refused')}  ${printable((error as Error).message)}`);
    return { ...shown, pipelineId: null, state: 'REFUSED', durationMs: null };
  }
}

async function showRun(
  context: CommandContext,
  client: Client,
  { saved, assignments }: { saved: SavedGraph; assignments: ReadonlyMap<string, string> },
): Promise<ShownGraph> {
  const { colors, terminal } = context;
  const reference = `${saved.name}@${saved.version}`;
  const params = await collectParams(client, { graph: reference, assignments }, terminal);
  const started = await client.startPipeline({ graph: reference, params });
  const { pipeline, tracks } = await followPipeline(context, client, {
    pipeline: started,
    timeoutMs: null,
    indent: '  ',
    describeEnd: async (track, { createdAt }) => {
      const output = await readOutputTail(client, track.id);
      return describeTrack(context, track, { graph: saved.name, createdAt, output });
    },
  });
  const ran = tracks.filter(({ startedAt }) => startedAt !== null).toSorted(compareStarts);
  const shown: ShownGraph = {
    graph: saved.name,
    vertices: saved.vertices.length,
    problems: [],
    pipelineId: pipeline.id,
    state: pipeline.state,
    order: ran.map(({ vertex }) => vertex),
    workers: [...new Set(ran.flatMap(({ worker }) => worker ?? []))].toSorted(),
    durationMs: pipeline.finishedAt === null ? null : Date.parse(pipeline.finishedAt) - Date.parse(pipeline.createdAt),
  };
  const failures = pipeline.state === 'FINISH' ? [] : await reportFailures(client, tracks, colors);
  for (const line of failures) say(context, `  ${line}`);
  say(
    context,
    `  ${colorState(colors, pipeline.state)} ${formatSpan(pipeline.createdAt, pipeline.finishedAt, Date.now())}`,
  );
  return shown;
}

function compareStarts(one: Track, other: Track): number {
  return (one.startedAt ?? '').localeCompare(other.startedAt ?? '');
}

/** Graph, track, worker, state, duration, output: what flows where. */
function describeTrack(
  { colors }: CommandContext,
  track: Track,
  { graph, createdAt, output }: { graph: string; createdAt: string; output: string },
): string {
  const at = track.finishedAt ?? createdAt;
  const cells = [
    colors.dim(formatElapsed(at, createdAt).padStart(8)),
    pad(`${printable(graph)}/${printable(track.vertex)}`, 28),
    // Padded before it is coloured: colours have no width.
    colorState(colors, track.state) + ' '.repeat(Math.max(0, 10 - track.state.length)),
    pad(printable(track.worker ?? ''), 16),
    formatSpan(track.startedAt, track.finishedAt, Date.parse(at)).padStart(8),
    shorten(
      [track.state === 'SUCCEED' ? '' : explainEnd(track), summariseOutput(output)].filter(Boolean).join('  '),
      80,
    ),
  ];
  return cells.join('  ').trimEnd();
}

function pad(text: string, width: number): string {
  return shorten(text, width).padEnd(width);
}

/** What the examples must do, whatever the machine. */
export function findComplaints(graphs: readonly ShownGraph[]): string[] {
  const complaints: string[] = [];
  for (const { graph, state, order, problems } of graphs) {
    if (graph === 'test2') {
      if (state !== 'REFUSED') complaints.push(`test2: expected a refusal because of its cycle, found ${state}`);
      if (!problems.some((problem) => problem.startsWith('cycle'))) complaints.push('test2: expected its cycle named');
      continue;
    }
    if (state !== 'FINISH') complaints.push(`${graph}: expected FINISH, found ${state}`);
    if (graph === 'test1' && order.join(', ') !== 'A, C, B, D') {
      complaints.push(`test1: expected the order A, C, B, D, found ${order.join(', ')}`);
    }
  }
  return complaints;
}

function judge(graphs: readonly ShownGraph[], complaints: readonly string[], isExamples: boolean): ExitCode {
  if (isExamples) return complaints.length === 0 ? EXIT.success : EXIT.failed;
  if (graphs.some(({ state }) => state === 'REFUSED')) return EXIT.usage;
  const codes = graphs.map(({ state }) => (state === 'REFUSED' ? EXIT.usage : exitCodeOfPipeline({ state })));
  return codes.find((code) => code !== EXIT.success) ?? EXIT.success;
}

function renderPraise(colors: Colors, isExamples: boolean): string[] {
  const praise = 'All as it must be: test1 ran as A, C, B, D, test2 was refused for its cycle, the others are FINISH.';
  return isExamples ? ['', colors.green(praise)] : [];
}

/** The table at the end. */
export function renderSummary({ colors }: CommandContext, { graphs, complaints, isExamples }: ShowResult): string {
  const rows = graphs.map(({ graph, pipelineId, state, order, problems, workers, durationMs }) => [
    printable(graph),
    pipelineId === null ? '' : String(pipelineId),
    state === 'REFUSED' ? colors.yellow(state) : colorState(colors, state),
    shorten(printable(problems.length > 0 ? problems.join('; ') : order.join(', ')), 90),
    shorten(printable(workers.join(', ')), 40),
    durationMs === null ? '' : formatDuration(durationMs),
  ]);
  const heading = ['graph', 'pipeline', 'state', 'order in which the tracks started', 'workers', 'duration'];
  const verdict =
    complaints.length === 0
      ? renderPraise(colors, isExamples)
      : ['', colors.red('Not as it must be:'), ...complaints.map((complaint) => `  ${printable(complaint)}`)];
  return ['', formatTable(colors, heading, rows), ...verdict].join('\n');
}
