import type { PipelineState, PipelineSummary } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { colorState, formatSpan, formatTable, formatTime, printable, shorten } from '../format.ts';
import { findTrackId } from '../targets.ts';

export const PIPELINE_STATES = [
  'RUNNING',
  'PAUSED',
  'FINISH',
  'FAILED',
  'CANCELLED',
] as const satisfies PipelineState[];

export interface PsOptions {
  state: string[];
  graph?: string;
  limit: number;
  all?: boolean;
  children?: boolean;
  parent?: string;
}

/** Pipelines, newest first. */
export async function listPipelines(context: CommandContext, options: PsOptions): Promise<ExitCode> {
  const state = PIPELINE_STATES.filter((known) => options.state.includes(known));
  const client = context.connect();
  const query = {
    ...(options.children === true ? { children: 'true' as const } : {}),
    ...(options.parent === undefined ? {} : { parent: await findTrackId(client, options.parent) }),
    ...(state.length === 0 ? {} : { state }),
    ...(options.graph === undefined ? {} : { graph: options.graph }),
  };
  const pipelines: PipelineSummary[] = [];
  let hasMore = false;
  for await (const pipeline of client.listPipelines(query)) {
    hasMore = options.all !== true && pipelines.length === options.limit;
    if (hasMore) break;
    pipelines.push(pipeline);
  }
  answer(context, { items: pipelines, hasMore }, () => {
    if (pipelines.length === 0) return 'No pipelines.';
    const more = hasMore ? `\nThese are the newest ${options.limit}; --limit and --all show more.` : '';
    return `${renderPipelines(context, pipelines)}${more}`;
  });
  return EXIT.success;
}

function renderPipelines({ colors }: CommandContext, pipelines: readonly PipelineSummary[]): string {
  const hasChildren = pipelines.some(({ parentTrackId }) => parentTrackId !== null);
  const heading = [
    'pipeline',
    'name',
    'graph',
    'state',
    'tracks',
    'started',
    'duration',
    'reason',
    ...(hasChildren ? ['run by track'] : []),
  ];
  const rows = pipelines.map((pipeline) => [
    String(pipeline.id),
    shorten(printable(pipeline.name), 40),
    shorten(printable(`${pipeline.graph}@${pipeline.version}`), 40),
    colorState(colors, pipeline.state),
    `${pipeline.totalTracks - pipeline.openTracks}/${pipeline.totalTracks}`,
    formatTime(pipeline.createdAt),
    formatSpan(pipeline.createdAt, pipeline.finishedAt, Date.now()),
    shorten(printable(pipeline.reason ?? ''), 50),
    ...(hasChildren ? [String(pipeline.parentTrackId ?? '')] : []),
  ]);
  return formatTable(colors, heading, rows);
}
