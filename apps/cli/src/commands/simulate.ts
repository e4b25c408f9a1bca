import type { Client, Simulation, SimulateRequest } from '@baton/client';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { colorState, formatDuration, formatTable, printable, shorten } from '../format.ts';
import { applyGraphFile, isGraphFile, readTextFile, refuseProblems } from '../graph-file.ts';
import { collect, readWholeNumber } from '../options.ts';
import { collectParams, parseAssignments } from '../parameters.ts';
import type { Act } from '../program.ts';

interface SimulateOptions {
  fail: string[];
  take: string[];
  choose: string[];
  reject: string[];
  whatIf?: string;
  param: string[];
  mode?: 'auto' | 'manual';
  onFailure?: 'stop' | 'kill' | 'continue' | 'hold';
  slots?: number;
}

const SHOWN_DETAILS = 20;

type Outcomes = NonNullable<SimulateRequest['outcomes']>;

/** The words of `baton simulate`. */
export function addSimulateCommand(program: Command, act: Act): void {
  program
    .command('simulate')
    .summary('what if? tell how a pipeline would go, without running anything')
    .description(
      'Tells how a pipeline of a graph would go: a file (stored first) or the name of one. Vertices that are not named\n' +
        'succeed after a second; gates are approved, and choices are those that are offered first.',
    )
    .argument('<graph>', 'file, name, or name@version')
    .option('--fail <vertex>', 'it fails; may be repeated', collect, [])
    .option('--take <vertex=seconds>', 'it takes so long; may be repeated', collect, [])
    .option('--choose <vertex=names>', 'it goes on with these, comma-separated; may be repeated', collect, [])
    .option('--reject <vertex>', 'its gate is rejected; may be repeated', collect, [])
    .option('--what-if <file>', 'the whole question as JSON; the other options add to it')
    .option('-p, --param <name=value>', 'value of a parameter; may be repeated', collect, [])
    .addOption(new Option('--mode <mode>', 'how it flows').choices(['auto', 'manual']))
    .addOption(
      new Option('--on-failure <policy>', 'what a failed track means').choices(['stop', 'kill', 'continue', 'hold']),
    )
    .option('--slots <number>', 'so many scripts run at once', readWholeNumber(1, 1_000_000))
    .action(async (graph: string, options: SimulateOptions) => act(simulateGraph)(graph, options));
}

async function simulateGraph(context: CommandContext, word: string, options: SimulateOptions): Promise<ExitCode> {
  const client = context.connect();
  const question = readQuestion(context, options);
  const graph = await findGraphName(client, word, context.workingDirectory);
  const assignments = parseAssignments(options.param);
  if (assignments.size > 0) {
    const given = await collectParams(client, { graph, assignments }, { ask: null });
    question.params = { ...question.params, ...given };
  }
  const simulation = await client.simulateGraph(graph, question);
  answer(context, simulation, () => renderSimulation(context, simulation));
  return EXIT.success;
}

async function findGraphName(client: Client, word: string, workingDirectory: string): Promise<string> {
  if (!isGraphFile(word, workingDirectory)) return word;
  const saved = await applyGraphFile(client, word, workingDirectory);
  refuseProblems(saved);
  return saved.name;
}

function readQuestion({ workingDirectory }: CommandContext, options: SimulateOptions): SimulateRequest {
  const { mode, onFailure, slots, whatIf } = options;
  const question = whatIf === undefined ? {} : readWhatIf(whatIf, workingDirectory);
  const outcomes = new Map(Object.entries(question.outcomes ?? {}));
  const add = (vertex: string, outcome: Outcomes[string]): void =>
    void outcomes.set(vertex, { ...outcomes.get(vertex), ...outcome });
  for (const vertex of options.fail) add(vertex, { result: 'fail' });
  for (const vertex of options.reject) add(vertex, { gate: 'reject' });
  for (const [vertex, seconds] of splitWords('--take', options.take)) add(vertex, { durationMs: readSeconds(seconds) });
  for (const [vertex, names] of splitWords('--choose', options.choose)) {
    const chosen = names.split(',').filter((name) => name !== '');
    // In manual mode a person chooses, in the automatic one the script.
    add(vertex, (mode ?? question.mode) === 'manual' ? { choice: chosen } : { chosen });
  }
  return {
    ...question,
    ...(mode === undefined ? {} : { mode }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(slots === undefined ? {} : { slots }),
    ...(outcomes.size === 0 ? {} : { outcomes: Object.fromEntries(outcomes) }),
  };
}

/** The server says what is wrong with its fields. */
function readWhatIf(file: string, workingDirectory: string): SimulateRequest {
  try {
    return JSON.parse(readTextFile(file, workingDirectory)) as SimulateRequest;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(`expected JSON in ${file}: ${(cause as Error).message}`, EXIT.usage, { cause });
  }
}

/** At the last `=`: names of vertices may hold one. */
function splitWords(option: string, words: readonly string[]): [string, string][] {
  return words.map((word) => {
    const at = word.lastIndexOf('=');
    if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
    throw new CliError(`expected ${option} vertex=value, found ${JSON.stringify(word)}`, EXIT.usage);
  });
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return Math.round(seconds * 1000);
  throw new CliError(`expected seconds, found ${JSON.stringify(text)}`, EXIT.usage);
}

function renderSimulation({ colors }: CommandContext, simulation: Simulation): string {
  const { state, reason, makespanMs, tracks, timeline, criticalPath, waitsFor } = simulation;
  const spans = new Map<number, { startMs: number; endMs: number }>();
  for (const { vertexId, startMs, endMs } of timeline) {
    spans.set(vertexId, { startMs: spans.get(vertexId)?.startMs ?? startMs, endMs });
  }
  const rows = tracks.map((track) => {
    const span = spans.get(track.vertexId);
    return [
      shorten(printable(track.vertex), 40),
      colorState(colors, track.state),
      track.awaits === null ? (track.reason ?? '') : `awaits ${track.awaits}`,
      span === undefined ? '' : formatDuration(span.startMs),
      span === undefined ? '' : formatDuration(span.endMs),
      track.attempts === 0 ? '' : String(track.attempts),
    ];
  });
  const explained = tracks.filter(({ state: end, detail }) => end === 'FAILED' && detail !== null);
  const why = reason === null ? '' : `: ${printable(reason)}`;
  return [
    `It would be ${colorState(colors, state)}${why} after ${formatDuration(makespanMs)}`,
    formatTable(colors, ['vertex', 'state', 'reason', 'start', 'end', 'attempts'], rows),
    ...(criticalPath.length === 0 ? [] : [`critical path: ${printable(criticalPath.join(' -> '))}`]),
    ...explained
      .slice(0, SHOWN_DETAILS)
      .map(({ vertex, detail }) => `${printable(vertex)}: ${printable(detail ?? '')}`),
    ...waitsFor.map(({ vertex, awaits }) => `in the end ${printable(vertex)} awaits ${awaits}`),
  ].join('\n');
}
