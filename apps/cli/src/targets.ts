import { ApiError, type Client } from '@baton/client';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

/** What a word of the command line means. */
export type Target = { kind: 'pipeline'; pipelineId: number } | { kind: 'track'; trackId: number };

const ID = /^[1-9]\d{0,15}$/;
const LISTED_VERTICES = 20;

/**
 * `81604378625` is a track, `12/A` the track of vertex A in pipeline 12.
 * @throws CliError where the word is neither, or the pipeline has no such vertex; ApiError pipeline_not_found
 */
export async function findTrackId(client: Client, word: string): Promise<number> {
  if (ID.test(word)) return Number(word);
  const [, pipeline, vertex] = /^([1-9]\d{0,15})\/(.+)$/s.exec(word) ?? [];
  if (pipeline === undefined || vertex === undefined) {
    throw new CliError(`expected a track's id or pipeline/vertex, found ${JSON.stringify(word)}`, EXIT.usage);
  }
  const names: string[] = [];
  for await (const track of client.listTracks(Number(pipeline))) {
    if (track.vertex === vertex) return track.id;
    if (names.length <= LISTED_VERTICES) names.push(track.vertex);
  }
  const more = names.length > LISTED_VERTICES ? ', ...' : '';
  const listed = `${names.slice(0, LISTED_VERTICES).join(', ')}${more}`;
  const message = `expected a vertex of pipeline ${pipeline} (${listed}), found ${JSON.stringify(vertex)}`;
  throw new CliError(message, EXIT.usage);
}

/**
 * For commands that take both: a number is a pipeline where there is such a pipeline, else a track. Ids of tracks are so
 * much greater that no installation has had as many pipelines; `12/A` is a track in any case.
 * @throws CliError, ApiError
 */
export async function findTarget(client: Client, word: string): Promise<Target> {
  if (!ID.test(word) && !word.includes('/')) {
    throw new CliError(
      `expected a pipeline's id, a track's id or pipeline/vertex, found ${JSON.stringify(word)}`,
      EXIT.usage,
    );
  }
  const pipelineId = Number(word);
  if (!ID.test(word)) return { kind: 'track', trackId: await findTrackId(client, word) };
  // Below the first track of the first pipeline no number is a track: nothing has to be asked.
  if (pipelineId < FIRST_TRACK_ID) return { kind: 'pipeline', pipelineId };
  try {
    await client.getPipeline(pipelineId);
    return { kind: 'pipeline', pipelineId };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    return { kind: 'track', trackId: pipelineId };
  }
}

/** Ids of tracks are those of their pipelines times 2^22, and more. */
const FIRST_TRACK_ID = 2 ** 22;
