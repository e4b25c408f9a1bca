import type { Pipeline, TrackDetails } from '@baton/client';
import { BATON } from '../baton-word.ts';
import { nameTrack } from '../awaited.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatResult } from '../render-pipeline.ts';
import { findTarget } from '../targets.ts';
import { readActionOptions, type ActionWords } from './action-options.ts';

/** What runs goes on, nothing starts. */
export async function pausePipeline(
  context: CommandContext,
  pipelineId: number,
  options: ActionWords,
): Promise<ExitCode> {
  const pipeline = await context.connect().pausePipeline(pipelineId, readActionOptions(options));
  return answerPipeline(context, pipeline, `"${BATON} resume ${pipelineId}" lets it go on.`);
}

export async function resumePipeline(
  context: CommandContext,
  pipelineId: number,
  options: ActionWords,
): Promise<ExitCode> {
  return answerPipeline(context, await context.connect().resumePipeline(pipelineId, readActionOptions(options)), '');
}

/** Hands on by itself, or by choices of persons. */
export async function setMode(
  context: CommandContext,
  { pipelineId, mode }: { pipelineId: number; mode: Pipeline['mode'] },
  options: ActionWords,
): Promise<ExitCode> {
  const pipeline = await context.connect().setMode(pipelineId, mode, readActionOptions(options));
  return answerPipeline(context, pipeline, `Its mode is ${pipeline.mode}.`);
}

function answerPipeline(context: CommandContext, pipeline: Pipeline, note: string): ExitCode {
  answer(context, pipeline, () => [formatResult(pipeline, context.colors), note].join('\n'));
  return EXIT.success;
}

/** Cancels a pipeline, or one track; scripts that run are ended. */
export async function cancelTarget(context: CommandContext, word: string, options: ActionWords): Promise<ExitCode> {
  const client = context.connect();
  const target = await findTarget(client, word);
  if (target.kind === 'track') {
    const track = await client.cancelTrack(target.trackId, readActionOptions(options));
    answer(context, track, () => describeCancelled(track));
    return EXIT.success;
  }
  const pipeline = await client.cancelPipeline(target.pipelineId, readActionOptions(options));
  const { RUNNING: running } = pipeline.counts;
  const scripts = running === 1 ? '1 running script is' : `${running} running scripts are`;
  const note = running === 0 ? '' : `${scripts} being ended: "${BATON} show ${pipeline.id}" tells when.`;
  return answerPipeline(context, pipeline, note);
}

function describeCancelled(track: TrackDetails): string {
  const name = nameTrack(track);
  if (track.state !== 'RUNNING') return `${name} is ${track.state}.`;
  return `${name} is being cancelled: it is CANCELLED when its last process is gone. "${BATON} show ${name}" tells when.`;
}
