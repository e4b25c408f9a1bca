import type { Client, Pipeline, TrackState } from '@baton/client';
import { findAwaitedBelow } from '../awaited-below.ts';
import { formatAwaited, missingOf, nameTrack, readDeclarations } from '../awaited.ts';
import { BATON } from '../baton-word.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { reportFailures } from '../failure-report.ts';
import { formatTime, printable } from '../format.ts';
import { formatResult, renderTrackTable } from '../render-pipeline.ts';
import { findTarget } from '../targets.ts';
import { readTracks, type PipelineSnapshot } from '../watch-pipeline.ts';
import { showTrack } from './show-track.ts';

const MAX_AWAITED = 20;

export const TRACK_STATES = [
  'WAITING',
  'PENDING',
  'RUNNING',
  'SUCCEED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
] as const satisfies TrackState[];

/** A pipeline with its tracks, or one track. */
export async function showTarget(
  context: CommandContext,
  word: string,
  options: { state: string[] },
): Promise<ExitCode> {
  const target = await findTarget(context.connect(), word);
  if (target.kind === 'pipeline') return showPipeline(context, target.pipelineId, options);
  return showTrack(context, target.trackId);
}

/** A pipeline with its tracks; with what failed and where, and what awaits a person. */
async function showPipeline(
  context: CommandContext,
  pipelineId: number,
  options: { state: string[] },
): Promise<ExitCode> {
  const client = context.connect();
  const pipeline = await client.getPipeline(pipelineId);
  const state = TRACK_STATES.filter((known) => options.state.includes(known));
  const tracks = await readTracks(client, pipelineId, state.length === 0 ? {} : { state });
  if (context.isJson) {
    answer(context, { ...pipeline, tracks }, () => '');
    return EXIT.success;
  }
  const notes = {
    parent: await describeParent(client, pipeline),
    awaited: await renderAwaited(context, client, { pipeline, tracks }),
    failures: await reportFailures(client, tracks, context.colors),
  };
  answer(context, pipeline, () => renderPipeline(context, { pipeline, tracks }, notes));
  return EXIT.success;
}

/** Of a pipeline that a track runs. */
async function describeParent(client: Client, { parentTrackId }: Pipeline): Promise<string[]> {
  if (parentTrackId === null) return [];
  const parent = await client.getTrack(parentTrackId);
  return [`run by ${nameTrack(parent)} (track ${parentTrackId}, ${parent.state})`];
}

/** What awaits a person, with what to type. */
async function renderAwaited(
  { colors }: CommandContext,
  client: Client,
  { pipeline, tracks }: PipelineSnapshot,
): Promise<string[]> {
  const awaiting = tracks.filter(({ awaits }) => awaits !== null);
  const below = pipeline.state === 'RUNNING' ? await findAwaitedBelow(client, tracks) : [];
  if (awaiting.length + below.length === 0) return [];
  const hasMissing = awaiting.some(({ awaits }) => awaits === 'params');
  const declarationsOf = hasMissing ? await readDeclarations(client, pipeline) : () => ({});
  const lines = awaiting.slice(0, MAX_AWAITED).map((track) => {
    const missing = track.awaits === 'params' ? missingOf(declarationsOf(track.vertex), track.input) : [];
    return `  ${printable(track.vertex)} ${formatAwaited(track, missing)}`;
  });
  const more = awaiting.length > lines.length ? [`  and ${awaiting.length - lines.length} more: ${BATON} inbox`] : [];
  const lower = below.map(({ track, line }) => `  ${printable(track.vertex)} ${line}`);
  return ['', colors.yellow('Awaiting a person:'), ...lines, ...more, ...lower];
}

function renderPipeline(
  { colors }: CommandContext,
  { pipeline, tracks }: PipelineSnapshot,
  { parent, awaited, failures }: Record<'parent' | 'awaited' | 'failures', readonly string[]>,
): string {
  const { graph, version, mode, onFailure, priority, createdBy, createdAt, deadlineAt, params } = pipeline;
  const values = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const deadline = deadlineAt === null ? '' : `, to end by ${formatTime(deadlineAt)} UTC`;
  return [
    formatResult(pipeline, colors),
    `graph ${printable(graph)}@${version}, mode ${mode}, on failure ${onFailure}, priority ${priority}`,
    `started ${formatTime(createdAt)} UTC by ${printable(createdBy)}${deadline}`,
    ...parent,
    ...(values.length === 0 ? [] : [`params ${printable(values.join(', '))}`]),
    '',
    tracks.length === 0 ? 'No such tracks.' : renderTrackTable(tracks, { colors, nowMs: Date.now() }, null),
    ...awaited,
    ...failures,
  ].join('\n');
}
