import type { PipelineWhy, TrackWhy } from '@baton/client';
import type { Command } from 'commander';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { colorState, printable } from '../format.ts';
import type { Act } from '../program.ts';
import { findTarget } from '../targets.ts';

/** The words of `baton why`. */
export function addWhyCommand(program: Command, act: Act): void {
  program
    .command('why')
    .description('say why a track does not run, or why a pipeline has not ended')
    .argument('<target>', "a pipeline's id, a track's id, or pipeline/vertex")
    .action(async (target: string) => act(explainTarget)(target));
}

async function explainTarget(context: CommandContext, word: string): Promise<ExitCode> {
  const client = context.connect();
  const target = await findTarget(client, word);
  if (target.kind === 'track') {
    const why = await client.whyTrack(target.trackId);
    answer(context, why, () => renderTrack(context, why));
  } else {
    const why = await client.whyPipeline(target.pipelineId);
    answer(context, why, () => renderPipeline(context, why));
  }
  return EXIT.success;
}

function renderTrack({ colors }: CommandContext, why: TrackWhy): string {
  const { trackId, vertex, pipelineId, state, blockers } = why;
  const lines = [
    `${colors.bold(printable(vertex))} (track ${trackId} of pipeline ${pipelineId}) is ${colorState(colors, state)}`,
  ];
  for (const { kind, sentence } of blockers) lines.push(`  ${colors.bold(kind)}: ${printable(sentence)}`);
  for (const blocker of blockers) if (blocker.kind === 'predecessors') lines.push(...renderRoots(blocker));
  return lines.join('\n');
}

type Predecessors = Extract<TrackWhy['blockers'][number], { kind: 'predecessors' }>;

function renderRoots({ needs, roots, isComplete }: Predecessors): string[] {
  const lines = roots.map(
    ({ vertex, trackId, state, sentence }) =>
      `    ${printable(vertex)} (track ${trackId}, ${state}): ${printable(sentence)}`,
  );
  const more = isComplete ? [] : ['    there is more above than was looked at'];
  return [`  its join rule needs ${printable(needs)}; what holds it:`, ...lines, ...more];
}

function renderPipeline({ colors }: CommandContext, why: PipelineWhy): string {
  const { pipelineId, pipeline, state, groups, isComplete } = why;
  const lines = [`${colors.bold(printable(pipeline))} (pipeline ${pipelineId}) is ${colorState(colors, state)}`];
  for (const { kind, sentence, tracks } of groups) {
    const ids = tracks.map(({ trackId }) => trackId).join(', ');
    lines.push(`  ${colors.bold(kind)}: ${printable(sentence)}${ids === '' ? '' : ` (track ${ids})`}`);
  }
  if (groups.length === 0) lines.push('  nothing holds it: the reconcile loop mends this within seconds');
  if (!isComplete) lines.push('  so many tracks hold it that not all were counted');
  return lines.join('\n');
}
