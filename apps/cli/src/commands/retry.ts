import type { Client, ParameterValues, Pipeline, RerunPipeline, RerunRequest } from '@baton/client';
import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { countOf, formatTable, printable, shorten } from '../format.ts';
import { completeValues, parseAssignments } from '../parameters.ts';
import { formatResult } from '../render-pipeline.ts';
import { findTarget, type Target } from '../targets.ts';
import { readActionOptions, type ActionWords } from './action-options.ts';

export interface RetryOptions extends ActionWords {
  from: string[];
  only?: boolean;
  descendants?: boolean;
  param: string[];
  version?: RerunRequest['version'];
  preview?: boolean;
}

const LISTED_TRACKS = 60;

/** Runs tracks again: what failed in a pipeline and what follows that, those that are named, or one track. */
export async function retryTarget(context: CommandContext, word: string, options: RetryOptions): Promise<ExitCode> {
  const client = context.connect();
  const assignments = parseAssignments(options.param);
  const target = await findTarget(client, word);
  refuseOptions(target, options);
  const { pipelineId, scope, vertex } = await readScope(client, target, options);
  const pipeline = await client.getPipeline(pipelineId);
  const params = await readParams(client, pipeline, { options, assignments, vertex });
  const { version, preview } = options;
  const request = {
    ...scope,
    ...(params === null ? {} : { params }),
    ...(version === undefined ? {} : { version }),
    ...(preview === true ? { preview } : {}),
  };
  const done = await client.retryPipeline(pipelineId, request, readActionOptions(options));
  answer(context, done, () => renderRerun(context, done, preview === true));
  return EXIT.success;
}

function refuseOptions(target: Target, { from, only, descendants }: RetryOptions): void {
  if (target.kind === 'track' && from.length > 0) {
    throw new CliError('expected --from with a pipeline, found it with a track', EXIT.usage);
  }
  if (target.kind === 'pipeline' && from.length === 0 && (only ?? descendants) !== undefined) {
    const found = only === true ? '--only' : '--descendants';
    throw new CliError(
      `expected ${found} with --from or with a track: what follows what failed always runs again`,
      EXIT.usage,
    );
  }
  if (only === true && descendants === true) {
    throw new CliError('expected --only or --descendants, found both', EXIT.usage);
  }
}

type Scope = Pick<RerunRequest, 'from' | 'descendants'>;

/** A track is meant alone, vertices of --from with what follows them. */
async function readScope(
  client: Client,
  target: Target,
  { from, only, descendants }: RetryOptions,
): Promise<{ pipelineId: number; scope: Scope; vertex: string | null }> {
  if (target.kind === 'track') {
    const { pipelineId, vertex, vertexId } = await client.getTrack(target.trackId);
    return { pipelineId, scope: { from: [vertexId], descendants: descendants === true }, vertex };
  }
  const { pipelineId } = target;
  if (from.length === 0) return { pipelineId, scope: {}, vertex: null };
  return { pipelineId, scope: { from, descendants: only !== true }, vertex: null };
}

/** Values for one track are named without its vertex, and reach no other. */
async function readParams(
  client: Client,
  { graphId, version }: Pipeline,
  given: { options: RetryOptions; assignments: ReadonlyMap<string, string>; vertex: string | null },
): Promise<ParameterValues | null> {
  const { options, assignments, vertex } = given;
  if (assignments.size === 0) return null;
  const wanted =
    options.version === 'latest' ? undefined : typeof options.version === 'number' ? options.version : version;
  const { vertices } = await client.getGraph(String(graphId), wanted);
  const named = [...assignments].map(([name, value]): [string, string] => [
    vertex === null || name.includes('.') ? name : `${vertex}.${name}`,
    value,
  ]);
  return completeValues(vertices, new Map(named), { ask: null });
}

function renderRerun({ colors }: CommandContext, done: RerunPipeline, isPreview: boolean): string {
  const { plan } = done;
  if (plan === null) return `${formatResult(done, colors)}\nThe same request had been done before.`;
  const { from, to } = plan.version;
  const version = from === to ? '' : `, with version ${to} of the graph instead of ${from}`;
  const count = countOf(plan.totalTracks, 'track');
  const verb = isPreview ? 'would run' : plan.totalTracks === 1 ? 'runs' : 'run';
  const rows = plan.tracks
    .slice(0, LISTED_TRACKS)
    .map(({ vertex, attempt, isNew, changes }) => [
      shorten(printable(vertex), 40),
      String(attempt),
      shorten(printable((isNew ? ['new', ...changes] : changes).join(', ')), 70),
    ]);
  const hidden = plan.totalTracks - rows.length;
  return [
    formatResult(done, colors),
    `${count} ${verb} again${version}${isPreview ? '; nothing was changed' : ''}:`,
    formatTable(colors, ['vertex', 'attempt', 'what differs'], rows),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
  ].join('\n');
}
