import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatResult } from '../render-pipeline.ts';

/** Cancels a pipeline; scripts that run are ended. */
export async function cancelPipeline(context: CommandContext, pipelineId: number): Promise<ExitCode> {
  const pipeline = await context.connect().cancelPipeline(pipelineId);
  answer(context, pipeline, () => {
    const { RUNNING: running } = pipeline.counts;
    const note =
      running === 0 ? '' : `\n${running} running scripts are being ended: "baton show ${pipelineId}" tells when.`;
    return `${formatResult(pipeline, context.colors)}${note}`;
  });
  return EXIT.success;
}
