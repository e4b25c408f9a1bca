import type { Pipeline, Track, TrackState } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { reportFailures } from '../failure-report.ts';
import { formatTime, printable } from '../format.ts';
import { formatResult, renderTrackTable } from '../render-pipeline.ts';
import { readTracks } from '../watch-pipeline.ts';

export const TRACK_STATES = [
  'WAITING',
  'PENDING',
  'RUNNING',
  'SUCCEED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
] as const satisfies TrackState[];

/** A pipeline with its tracks; with what failed and where. */
export async function showPipeline(
  context: CommandContext,
  pipelineId: number,
  options: { state: string[] },
): Promise<ExitCode> {
  const client = context.connect();
  const pipeline = await client.getPipeline(pipelineId);
  const state = TRACK_STATES.filter((known) => options.state.includes(known));
  const tracks = await readTracks(client, pipelineId, state.length === 0 ? {} : { state });
  const failures = context.isJson ? [] : await reportFailures(client, tracks, context.colors);
  answer(context, { ...pipeline, tracks }, () => renderPipeline(context, pipeline, { tracks, failures }));
  return EXIT.success;
}

function renderPipeline(
  { colors }: CommandContext,
  pipeline: Pipeline,
  { tracks, failures }: { tracks: readonly Track[]; failures: readonly string[] },
): string {
  const { graph, version, mode, onFailure, priority, createdBy, createdAt, params } = pipeline;
  const values = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    formatResult(pipeline, colors),
    `graph ${printable(graph)}@${version}, mode ${mode}, on failure ${onFailure}, priority ${priority}`,
    `started ${formatTime(createdAt)} UTC by ${printable(createdBy)}`,
    ...(values.length === 0 ? [] : [`params ${printable(values.join(', '))}`]),
    '',
    tracks.length === 0 ? 'No such tracks.' : renderTrackTable(tracks, { colors, nowMs: Date.now() }, null),
    ...failures,
  ].join('\n');
}
