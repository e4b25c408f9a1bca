import type { Pipeline, Track } from '@baton/client';
import type { Colors } from 'picocolors/types';
import { describeAwaited } from './awaited.ts';
import { colorState, formatDuration, formatSpan, formatTable, formatTime, printable, shorten } from './format.ts';
import type { PipelineSnapshot } from './watch-pipeline.ts';

/** How a pipeline looks: pure functions of what was read. */

export interface View {
  colors: Colors;
  columns: number;
  rows: number;
  nowMs: number;
  /** Indentation by vertex name; empty where the graph is too large to be shown whole. */
  depths: ReadonlyMap<string, number>;
}

const STATES = ['SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED', 'RUNNING', 'PENDING', 'WAITING'] as const;
const SYMBOLS: Record<Track['state'], string> = {
  WAITING: '·',
  PENDING: '○',
  RUNNING: '●',
  SUCCEED: '✔',
  FAILED: '✖',
  SKIPPED: '↷',
  CANCELLED: '⊘',
};
/** Shown first where not all can be shown. */
const URGENCY: readonly Track['state'][] = ['FAILED', 'RUNNING', 'PENDING', 'CANCELLED'];
const MAX_INDENT = 12;

/** `3 SUCCEED, 1 RUNNING`: the states that occur. */
function formatCounts(counts: Pipeline['counts']): string {
  return STATES.filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`)
    .join(', ');
}

/** `[1.3s] C SUCCEED on worker-1 in 12 ms`: one line for a track that has ended. The time counts from the pipeline's start. */
export function formatEnd(track: Track, pipeline: Pick<Pipeline, 'createdAt'>, colors: Colors): string {
  const at = track.finishedAt ?? track.startedAt ?? pipeline.createdAt;
  const parts = [formatElapsed(at, pipeline.createdAt), printable(track.vertex), colorState(colors, track.state)];
  if (track.startedAt !== null) {
    parts.push(
      `on ${printable(track.worker ?? '?')} in ${formatSpan(track.startedAt, track.finishedAt, Date.parse(at))}`,
    );
  }
  if (track.attempt > 1) parts.push(`(attempt ${track.attempt})`);
  if (track.state !== 'SUCCEED' && explainEnd(track) !== '') parts.push(`: ${explainEnd(track)}`);
  return parts.join(' ').replace(' : ', ': ');
}

export function formatElapsed(time: string, since: string): string {
  return `[${(Math.max(0, Date.parse(time) - Date.parse(since)) / 1000).toFixed(1)}s]`;
}

const AWAITS = {
  params: 'awaits values',
  approval: 'awaits approval',
  choice: 'awaits a choice',
  decision: 'awaits a decision',
} as const satisfies Record<NonNullable<Track['awaits']>, string>;

/** `exit_code 1`, `timeout`, and what it awaits from a person. */
export function explainEnd({
  reason,
  exitCode,
  awaits,
}: Pick<Track, 'reason' | 'exitCode' | 'state' | 'awaits'>): string {
  const code = exitCode === null || exitCode === 0 ? '' : `exit code ${exitCode}`;
  const why = reason === 'exit_code' && code !== '' ? '' : printable(reason ?? '');
  return [why, code, awaits === null ? '' : AWAITS[awaits]].filter((part) => part !== '').join(', ');
}

/** What a table says of a track beside its state: how it ended, what it runs, where the flow went from it. */
export function explainTrack(track: Track, nowMs: number): string {
  const { state, childPipelineId, chosen, notBefore } = track;
  const isDelayed = state === 'PENDING' && notBefore !== null && Date.parse(notBefore) > nowMs;
  const parts = [
    explainEnd(track),
    childPipelineId === null ? '' : `${state === 'RUNNING' ? 'runs pipeline' : 'ran pipeline'} ${childPipelineId}`,
    isDelayed ? `not before ${formatTime(notBefore)}` : '',
    chosen === null ? '' : `went on with ${chosen.length === 0 ? 'none' : chosen.map(printable).join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** What a terminal shows while a pipeline runs: never more lines than it has. */
export function renderSnapshot({ pipeline, tracks }: PipelineSnapshot, view: View): string[] {
  const { colors, nowMs } = view;
  const ended = tracks.filter(({ state }) => !['WAITING', 'PENDING', 'RUNNING'].includes(state)).length;
  const span = formatSpan(pipeline.createdAt, pipeline.finishedAt, nowMs);
  const name = shorten(printable(pipeline.name), Math.max(8, view.columns - 45));
  const progress = `${renderBar(ended, tracks.length)} ${ended}/${tracks.length}  ${formatCounts(pipeline.counts)}`;
  const heading = [
    `${colors.bold(name)} (pipeline ${pipeline.id}) ${colorState(colors, pipeline.state)} ${span}`,
    shorten(progress, view.columns - 1),
  ];
  const room = Math.max(1, view.rows - heading.length - 2);
  if (view.depths.size > 0 && tracks.length <= room) {
    const ordered = tracks.toSorted((one, other) => depthOf(view, one) - depthOf(view, other));
    return [...heading, ...ordered.map((track) => renderTrack(track, view))];
  }
  const held = tracks.filter(({ awaits }) => awaits !== null);
  const others = tracks.filter(({ awaits }) => awaits === null);
  const urgent = [...held, ...URGENCY.flatMap((state) => others.filter((track) => track.state === state))];
  const shown = urgent.slice(0, room - 1).map((track) => renderTrack(track, { ...view, depths: new Map() }));
  const hidden = urgent.length - shown.length;
  return [...heading, ...shown, ...(hidden > 0 ? [colors.dim(`  and ${hidden} more`)] : [])];
}

function depthOf(view: View, track: Track): number {
  return view.depths.get(track.vertex) ?? 0;
}

function renderBar(done: number, total: number): string {
  const width = 24;
  const filled = total === 0 ? 0 : Math.floor((width * done) / total);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

function renderTrack(track: Track, view: View): string {
  const { colors } = view;
  const indent = '  '.repeat(Math.min(MAX_INDENT, 1 + depthOf(view, track)));
  const name = shorten(printable(track.vertex), 40);
  const parts = [`${SYMBOLS[track.state]} ${name}`];
  const step = describeAwaited(track);
  // Between two attempts the times are those of the last one; what is to be typed needs the room.
  if (track.startedAt !== null && track.state !== 'PENDING' && step === null) {
    parts.push(formatSpan(track.startedAt, track.finishedAt, view.nowMs), printable(track.worker ?? ''));
  }
  if (track.attempt > 1) parts.push(`attempt ${track.attempt}`);
  const why = explainEnd(track);
  const approvers = track.awaits === 'approval' ? (track.gate?.approvers ?? []) : [];
  const who = approvers.length === 0 ? '' : ` by ${shorten(printable(approvers.join(', ')), 40)}`;
  if (why !== '') parts.push(`${why}${who}`);
  if (step !== null) parts.push(step.command);
  const line = shorten(`${indent}${parts.join('  ')}`, view.columns - 1);
  if (step !== null) return colors.yellow(line);
  return track.state === 'FAILED' ? colors.red(line) : track.state === 'RUNNING' ? line : colors.dim(line);
}

/** The tracks of a pipeline as a table. `outputs` are summaries by track id; without them there is no such column. */
export function renderTrackTable(
  tracks: readonly Track[],
  view: Pick<View, 'colors' | 'nowMs'>,
  outputs: ReadonlyMap<number, string> | null,
): string {
  const heading = ['vertex', 'track', 'state', 'worker', 'attempt', 'duration', outputs === null ? 'reason' : 'output'];
  const rows = tracks.map((track) => [
    shorten(printable(track.vertex), 40),
    String(track.id),
    colorState(view.colors, track.state),
    shorten(printable(track.worker ?? ''), 30),
    track.startedAt === null ? '' : String(track.attempt),
    track.state === 'PENDING' ? '' : formatSpan(track.startedAt, track.finishedAt, view.nowMs),
    shorten(outputs?.get(track.id) || explainTrack(track, view.nowMs), 70),
  ]);
  return formatTable(view.colors, heading, rows);
}

/** `test1 (pipeline 3) FINISH in 312 ms: 4 SUCCEED`. */
export function formatResult(pipeline: Pipeline, colors: Colors): string {
  const { finishedAt, createdAt } = pipeline;
  const span = finishedAt === null ? '' : ` in ${formatDuration(Date.parse(finishedAt) - Date.parse(createdAt))}`;
  const why = pipeline.reason === null ? '' : ` (${printable(pipeline.reason)})`;
  const name = `${printable(pipeline.name)} (pipeline ${pipeline.id})`;
  return `${colors.bold(name)} ${colorState(colors, pipeline.state)}${why}${span}: ${formatCounts(pipeline.counts)}`;
}
