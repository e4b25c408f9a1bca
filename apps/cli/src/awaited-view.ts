import type { Client, Declarations, Pipeline, Track } from '@baton/client';
import { askPerson } from './ask-person.ts';
import { findAwaitedBelow } from './awaited-below.ts';
import { formatAwaited, missingOf, readDeclarations } from './awaited.ts';
import type { CommandContext } from './command-context.ts';
import { printable } from './format.ts';
import { formatElapsed } from './render-pipeline.ts';
import type { PipelineSnapshot } from './watch-pipeline.ts';

export interface AwaitedViewOptions {
  pipeline: Pipeline;
  /** Ends every question. */
  deadline: AbortSignal | null;
  /** Where nobody can be asked. */
  writeLine(line: string): void;
  /** What no picture has. */
  announce(line: string): void;
  /** Before the first question of a snapshot. */
  onQuestion(): void;
}

/**
 * What happens to tracks that await a person while a pipeline is followed: where somebody can be asked they are asked, one
 * track after another; else each is told once, with the command to type.
 */
export function createAwaitedView(
  context: CommandContext,
  client: Client,
  options: AwaitedViewOptions,
): (snapshot: PipelineSnapshot) => Promise<void> {
  const known = new Set<string>();
  let declarations: Promise<(vertex: string) => Declarations> | null = null;
  const declarationsOf = async ({ vertex }: Pick<Track, 'vertex'>): Promise<Declarations> => {
    declarations ??= readDeclarations(client, options.pipeline);
    return (await declarations)(vertex);
  };
  const ask = context.isJson ? null : context.terminal.ask;
  const tellBelow = createBelowView(client, options);
  return async ({ pipeline, tracks }) => {
    await tellBelow({ pipeline, tracks });
    const awaiting = tracks.filter(({ awaits }) => awaits !== null);
    const keys = new Set(awaiting.map(keyOf));
    for (const key of known) if (!keys.has(key)) known.delete(key);
    for (const track of awaiting.filter((one) => !known.has(keyOf(one)))) {
      if (options.deadline?.aborted === true) return;
      known.add(keyOf(track));
      if (ask === null) {
        const missing = track.awaits === 'params' ? missingOf(await declarationsOf(track), track.input) : [];
        const at = track.finishedAt ?? track.pendingAt ?? pipeline.createdAt;
        const line = `${printable(track.vertex)} ${formatAwaited(track, missing)}`;
        options.writeLine(`${formatElapsed(at, pipeline.createdAt)} ${line}`);
        continue;
      }
      // The answer before may have taken long.
      const now = await client.getTrack(track.id);
      if (now.awaits !== track.awaits) continue;
      options.onQuestion();
      await askPerson({ context, client, ask, deadline: options.deadline, declarationsOf }, now);
    }
  };
}

const LOOK_BELOW_MS = 2000;

/** What awaits a person in pipelines that tracks run is told, once for each state of it; there it is decided. */
function createBelowView(
  client: Client,
  { announce }: Pick<AwaitedViewOptions, 'announce'>,
): (snapshot: PipelineSnapshot) => Promise<void> {
  let told = new Set<string>();
  let nextAt = -Infinity;
  return async ({ pipeline, tracks }) => {
    const startedAt = performance.now();
    if (startedAt < nextAt) return;
    const found = await findAwaitedBelow(client, tracks);
    // The longer a look takes the rarer it is.
    nextAt = performance.now() + Math.max(LOOK_BELOW_MS, 20 * (performance.now() - startedAt));
    const lines = found.map(({ track, line }) => `${printable(track.vertex)} ${line}`);
    const at = formatElapsed(new Date().toISOString(), pipeline.createdAt);
    for (const line of lines) if (!told.has(line)) announce(`${at} ${line}`);
    told = new Set(lines);
  };
}

function keyOf({ id, attempt, awaits }: Track): string {
  return `${id} ${attempt} ${awaits}`;
}
