import type { Client, TrackDetails } from '@baton/client';
import { formatAwaited, missingOf, nameTrack, readDeclarations } from '../awaited.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { reportFailures } from '../failure-report.ts';
import { colorState, formatDuration, formatTable, formatTime, printable, shorten } from '../format.ts';
import { explainTrack } from '../render-pipeline.ts';

/** One track with its attempts. */
export async function showTrack(context: CommandContext, trackId: number): Promise<ExitCode> {
  const client = context.connect();
  const track = await client.getTrack(trackId);
  const missing = context.isJson ? [] : await findMissing(client, track);
  const failure = context.isJson ? [] : await reportFailures(client, [track], context.colors);
  answer(context, track, () => [...renderTrack(context, track, missing), ...failure].join('\n'));
  return EXIT.success;
}

/** The parameters that a held track lacks. */
async function findMissing(client: Client, track: TrackDetails): Promise<string[]> {
  if (track.awaits !== 'params') return [];
  const declarationsOf = await readDeclarations(client, await client.getPipeline(track.pipelineId));
  return missingOf(declarationsOf(track.vertex), track.input);
}

function renderTrack({ colors }: CommandContext, track: TrackDetails, missing: readonly string[]): string[] {
  const { id, pipelineId, state, pipelineState, gateDecision, lastAction, expiresAt } = track;
  const why = explainTrack(track, Date.now());
  const values = Object.entries(track.input).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const name = nameTrack(track);
  return [
    `${colors.bold(name)} (track ${id}) ${colorState(colors, state)}${why === '' ? '' : `: ${why}`}`,
    `of pipeline ${pipelineId} (${printable(track.pipeline)}), which is ${pipelineState}`,
    ...(track.detail === null ? [] : [printable(track.detail)]),
    ...(track.awaits === null ? [] : [`${name} ${formatAwaited(track, missing)}`]),
    ...(expiresAt === null ? [] : [`expires ${formatTime(expiresAt)} UTC`]),
    ...(gateDecision === null ? [] : [`its gate was ${gateDecision}`]),
    ...(values.length === 0 ? [] : [`params ${shorten(printable(values.join(', ')), 400)}`]),
    ...(lastAction === null ? [] : [describeAction(lastAction)]),
    ...(track.attempts.length === 0 ? [] : ['', renderAttempts(colors, track)]),
  ];
}

function describeAction({ kind, actor, reason, at }: NonNullable<TrackDetails['lastAction']>): string {
  const why = reason === null ? '' : ` (${printable(reason)})`;
  return `last action: ${kind} by ${printable(actor ?? 'the flow')}${why}, ${formatTime(at)} UTC`;
}

function renderAttempts(colors: CommandContext['colors'], { attempts }: TrackDetails): string {
  const rows = attempts.map(({ attempt, worker, result, exitCode, startedAt, durationMs, detail }) => [
    String(attempt),
    shorten(printable(worker), 30),
    result === null ? colorState(colors, 'RUNNING') : result,
    exitCode === null ? '' : String(exitCode),
    formatTime(startedAt),
    durationMs === null ? '' : formatDuration(durationMs),
    shorten(printable(detail ?? ''), 70),
  ]);
  return formatTable(colors, ['attempt', 'worker', 'result', 'exit code', 'started', 'duration', 'detail'], rows);
}
