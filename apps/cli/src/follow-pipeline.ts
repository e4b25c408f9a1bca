import type { Client, Pipeline, Track } from '@baton/client';
import { createAwaitedView } from './awaited-view.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { reportFailures } from './failure-report.ts';
import { findDepths } from './graph-depth.ts';
import { printable } from './format.ts';
import { createLiveView, type LiveView } from './live-view.ts';
import { formatElapsed, formatEnd, formatResult, renderSnapshot, renderTrackTable } from './render-pipeline.ts';
import { readOutputSummaries } from './track-output.ts';
import { watchPipeline, type PipelineSnapshot } from './watch-pipeline.ts';

export interface FollowOptions {
  timeoutMs: number | null;
  /** Before each plain line. */
  indent?: string;
  /** Instead of the usual line for a track that has ended, in plain lines. */
  describeEnd?: (track: Track, pipeline: Pipeline) => Promise<string>;
}

/** Above so many tracks the table at the end leaves out what succeeded, and the tree is collapsed from the start. */
const MAX_TABLE_TRACKS = 60;

/**
 * Shows a pipeline until it has ended: live on a terminal, else a line for each track that ends. What awaits a person is
 * asked for where somebody can be asked, else told with the command to type; with --json only that, on stderr.
 */
export async function followPipeline(
  context: CommandContext,
  client: Client,
  { pipeline, ...options }: FollowOptions & { pipeline: Pipeline },
): Promise<PipelineSnapshot> {
  const { signal, isJson, terminal } = context;
  const { timeoutMs, indent = '' } = options;
  const view = isJson || !terminal.isLive || options.describeEnd !== undefined ? null : createLiveView(terminal);
  const draw: (snapshot: PipelineSnapshot) => void | Promise<void> = isJson
    ? () => undefined
    : view === null
      ? createPlainView(context, options)
      : await createLivePicture(context, client, { pipeline, view });
  const showAwaited = createAwaitedView(context, client, {
    pipeline,
    deadline: timeoutMs === null ? null : AbortSignal.timeout(Math.ceil(timeoutMs)),
    writeLine: (line) => {
      if (isJson) terminal.writeError(`${line}\n`);
      // The picture has it.
      else if (view === null) terminal.write(`${indent}${line}\n`);
    },
    announce: (line) => {
      // The picture before it stays, and the next one is drawn below.
      view?.close();
      if (isJson) terminal.writeError(`${line}\n`);
      else terminal.write(`${indent}${line}\n`);
    },
    onQuestion: () => view?.close(),
  });
  const onSnapshot = async (snapshot: PipelineSnapshot): Promise<void> => {
    await draw(snapshot);
    await showAwaited(snapshot);
  };
  try {
    return await watchPipeline(client, pipeline.id, { signal, timeoutMs, onSnapshot });
  } finally {
    view?.close();
  }
}

async function createLivePicture(
  { terminal, colors }: CommandContext,
  client: Client,
  { pipeline, view }: { pipeline: Pipeline; view: LiveView },
): Promise<(snapshot: PipelineSnapshot) => void> {
  const depths = await readDepths(client, pipeline);
  return (snapshot) => {
    const size = { columns: terminal.columns(), rows: terminal.rows() };
    view.draw(renderSnapshot(snapshot, { colors, ...size, nowMs: Date.now(), depths }));
  };
}

async function readDepths(client: Client, pipeline: Pipeline): Promise<Map<string, number>> {
  if (pipeline.totalTracks > MAX_TABLE_TRACKS) return new Map();
  const { vertices, edges } = await client.getGraph(String(pipeline.graphId), pipeline.version);
  return findDepths(
    vertices.map(({ name }) => name),
    edges,
  );
}

/** Prints each end once, in the order of the ends, and each further attempt. */
function createPlainView(
  { terminal, colors }: CommandContext,
  { describeEnd, indent = '' }: FollowOptions,
): (snapshot: PipelineSnapshot) => Promise<void> {
  const told = new Map<number, string>();
  return async ({ pipeline, tracks }) => {
    const fresh = tracks.filter((track) => told.get(track.id) !== stageOf(track));
    for (const track of fresh.toSorted((one, other) => compareTimes(one.finishedAt, other.finishedAt))) {
      const before = told.get(track.id);
      told.set(track.id, stageOf(track));
      if (hasTrackEnded(track)) {
        const line =
          describeEnd === undefined ? formatEnd(track, pipeline, colors) : await describeEnd(track, pipeline);
        terminal.write(`${indent}${line}\n`);
      } else if (track.attempt > 1 && before !== undefined) {
        const at = formatElapsed(track.pendingAt ?? pipeline.createdAt, pipeline.createdAt);
        terminal.write(`${indent}${at} ${printable(track.vertex)}: attempt ${track.attempt} follows\n`);
      }
    }
  };
}

function stageOf(track: Track): string {
  return hasTrackEnded(track) ? track.state : `attempt ${track.attempt}`;
}

function hasTrackEnded({ state }: Track): boolean {
  return state !== 'WAITING' && state !== 'PENDING' && state !== 'RUNNING';
}

function compareTimes(one: string | null, other: string | null): number {
  return (one ?? '9').localeCompare(other ?? '9');
}

/** The end of a run for a person: table, failures, one line with the result. */
export async function renderEnd(context: CommandContext, client: Client, end: PipelineSnapshot): Promise<string> {
  const { pipeline, tracks } = end;
  const isSmall = tracks.length <= MAX_TABLE_TRACKS;
  const shown = isSmall ? tracks : tracks.filter(({ state }) => state !== 'SUCCEED').slice(0, MAX_TABLE_TRACKS);
  const outputs = await readOutputSummaries(client, shown);
  const view = { colors: context.colors, nowMs: Date.now() };
  return [
    ...(shown.length === 0 ? [] : ['', renderTrackTable(shown, view, outputs)]),
    ...(await reportFailures(client, tracks, context.colors)),
    '',
    formatResult(pipeline, context.colors),
  ].join('\n');
}

export function exitCodeOfPipeline({ state }: Pick<Pipeline, 'state'>): ExitCode {
  return state === 'FINISH' ? EXIT.success : EXIT.failed;
}
