import { setTimeout as wait } from 'node:timers/promises';
import type { Client, HistoryEvent } from '@baton/client';
import { z } from 'zod';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatTime, printable, shorten } from '../format.ts';

export interface HistoryOptions {
  follow?: boolean;
}

const LOOK_MS = 1000;
const LISTED_TRACKS = 6;
const MAX_LINE = 400;

/** What happened to a pipeline, who did it and why; with --follow until it has ended. */
export async function showHistory(
  context: CommandContext,
  pipelineId: number,
  options: HistoryOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const items: HistoryEvent[] = [];
  const nameWorkers = createWorkerNames(client);
  let count = 0;
  for await (const event of readHistory(client, pipelineId, { ...options, signal: context.signal })) {
    count += 1;
    if (context.isJson) items.push(event);
    else context.terminal.write(`${renderEvent(context, event, await nameWorkers(event))}\n`);
  }
  if (context.isJson || count === 0) answer(context, { items }, () => 'Nothing has happened.');
  return EXIT.success;
}

type WorkerNames = ReadonlyMap<string, string>;

/** Events know workers by their ids; people know them by their names. Asked for again only where one is new. */
function createWorkerNames(client: Client): (event: HistoryEvent) => Promise<WorkerNames> {
  const names = new Map<string, string>();
  return async ({ changes }) => {
    const parsed = changesSchema.safeParse(changes);
    const ids = parsed.success ? (parsed.data.tracks ?? []).flatMap(({ worker }) => worker ?? []) : [];
    if (ids.every((id) => names.has(id))) return names;
    for (const { id, name } of await client.listWorkers({ all: true })) names.set(id, name);
    // Workers that are long gone, and children's `baton`, are in no list: they keep the name that they have here.
    for (const id of ids) names.set(id, names.get(id) ?? id);
    return names;
  };
}

async function* readHistory(
  client: Client,
  pipelineId: number,
  { follow, signal }: HistoryOptions & { signal: AbortSignal },
): AsyncGenerator<HistoryEvent> {
  let afterId = 0;
  for (;;) {
    // Looked at first: what happened before it ended is then in the history that is read after it.
    const { state, counts } = await client.getPipeline(pipelineId);
    for await (const event of client.listHistory(pipelineId, afterId)) {
      afterId = event.id;
      yield event;
    }
    const isOver = ['FINISH', 'FAILED', 'CANCELLED'].includes(state) && counts.RUNNING === 0;
    if (follow !== true || isOver) return;
    await wait(LOOK_MS, undefined, { signal });
  }
}

/** What of an event is told in its line; the API gives more, and later versions may give other fields. */
const changesSchema = z.looseObject({
  action: z.record(z.string(), z.unknown()).optional(),
  pipeline: z.looseObject({ state: z.string().optional(), mode: z.string().optional() }).optional(),
  tracks: z
    .array(
      z.looseObject({
        vertexId: z.number(),
        vertex: z.string().optional(),
        state: z.string().optional(),
        attempt: z.number().optional(),
        awaits: z.string().nullish(),
        reason: z.string().nullish(),
        worker: z.string().nullish(),
        childPipelineId: z.number().nullish(),
      }),
    )
    .optional(),
  cancelUnstarted: z.string().optional(),
  killRunning: z.boolean().optional(),
});

type Changes = z.infer<typeof changesSchema>;
type TrackEntry = NonNullable<Changes['tracks']>[number];

/** `2026-11-23 07:00:01  choose A by alice (why): names B, B PENDING`. */
function renderEvent(
  { colors }: CommandContext,
  { at, kind, actor, reason, changes }: HistoryEvent,
  workers: WorkerNames,
): string {
  const who = actor === null ? '' : ` by ${printable(actor)}`;
  const why = reason === null ? '' : ` (${printable(reason)})`;
  const parsed = changesSchema.safeParse(changes);
  const facts = parsed.success ? describeChanges(parsed.data, workers) : [];
  const vertex = parsed.success ? parsed.data.action?.vertex : undefined;
  const what = typeof vertex === 'string' ? `${kind} ${printable(vertex)}` : kind;
  const heading = `${formatTime(at)}  ${actor === null ? what : colors.bold(what)}${who}${why}`;
  return facts.length === 0 ? heading : `${heading}: ${shorten(printable(facts.join(', ')), MAX_LINE)}`;
}

function describeChanges(
  { action, pipeline, tracks = [], cancelUnstarted, killRunning }: Changes,
  workers: WorkerNames,
): string[] {
  const moved = tracks.flatMap((track) => describeTrack(track, workers) ?? []);
  const { kind: _kind, vertexId: _id, vertex: _vertex, from, ...asked } = action ?? {};
  return [
    ...(from === undefined ? [] : [describeScope(from, tracks)]),
    ...Object.entries(asked).map(([name, value]) => `${name} ${describeValue(value)}`),
    ...moved.slice(0, LISTED_TRACKS),
    ...(moved.length > LISTED_TRACKS ? [`and ${moved.length - LISTED_TRACKS} more tracks`] : []),
    ...(cancelUnstarted === undefined ? [] : [`all that had not started CANCELLED (${cancelUnstarted})`]),
    ...(killRunning === true ? ['what runs is killed'] : []),
    ...(pipeline?.mode === undefined ? [] : [`mode ${pipeline.mode}`]),
    ...(pipeline?.state === undefined ? [] : [`pipeline ${pipeline.state}`]),
  ];
}

const scopeSchema = z.looseObject({ vertexIds: z.array(z.number()), descendants: z.boolean().optional() });

/** What a rerun began with: `from A and what follows`; its vertices are among those that it moved. */
function describeScope(from: unknown, tracks: readonly TrackEntry[]): string {
  const scope = scopeSchema.safeParse(from);
  if (!scope.success) return `from ${describeValue(from)}`;
  const { vertexIds, descendants } = scope.data;
  const names = new Map(tracks.map(({ vertexId, vertex }) => [vertexId, vertex]));
  const shown = vertexIds.slice(0, LISTED_TRACKS).map((id) => names.get(id) ?? `vertex ${id}`);
  const more = vertexIds.length > shown.length ? [`${vertexIds.length - shown.length} more`] : [];
  return `from ${[...shown, ...more].join(', ')}${descendants === true ? ' and what follows' : ''}`;
}

function describeValue(value: unknown): string {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (isList) return value.length === 0 ? 'none' : value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Null where only its counters changed. */
function describeTrack(
  { vertexId, vertex, state, attempt, awaits, reason, worker, childPipelineId }: TrackEntry,
  workers: WorkerNames,
): string | null {
  const facts = [
    ...(state === undefined ? [] : [state]),
    ...(attempt === undefined || attempt === 1 ? [] : [`attempt ${attempt}`]),
    ...(worker === undefined || worker === null ? [] : [`on ${workers.get(worker) ?? worker}`]),
    ...(childPipelineId === undefined || childPipelineId === null ? [] : [`runs pipeline ${childPipelineId}`]),
    ...(reason === undefined || reason === null ? [] : [`(${reason})`]),
    ...(awaits === undefined || awaits === null ? [] : [`awaits ${awaits}`]),
  ];
  return facts.length === 0 ? null : `${vertex ?? `vertex ${vertexId}`} ${facts.join(' ')}`;
}
