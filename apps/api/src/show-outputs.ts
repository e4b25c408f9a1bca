import { loadPipelineGraph, readTrackOutputs, type Database } from '@baton/database';
import { BatonError, declarationsOf, formatValue, type OutputValues } from '@baton/domain';
import { z } from 'zod';
import { getPipeline, MASK } from './show-pipeline.ts';
import { getTrack } from './show-track.ts';

export const trackOutputsSchema = z
  .strictObject({
    trackId: z.int(),
    attempt: z.int().describe('whose values these are'),
    outputs: z
      .record(z.string(), z.string())
      .describe(`what its script wrote to $BATON_OUTPUT; ${MASK} where that is a secret parameter's value`),
  })
  .meta({ id: 'TrackOutputs' });

/**
 * What a track's script handed on.
 * @param attempt null: the current one, whose values the vertices after it get
 * @throws BatonError track_not_found, attempt_not_found
 */
export async function showOutputs(
  database: Database,
  trackId: number,
  attempt: number | null,
): Promise<z.infer<typeof trackOutputsSchema>> {
  const track = await getTrack(database, trackId);
  if (attempt !== null && attempt > track.attempt) {
    throw new BatonError(
      'attempt_not_found',
      `expected an attempt of track ${trackId}, at most ${track.attempt}, found ${attempt}`,
    );
  }
  const values = await readTrackOutputs(database.dataSource, trackId, attempt ?? track.attempt);
  const secrets = await findSecrets(database, track);
  const outputs: OutputValues = Object.create(null);
  for (const [key, value] of Object.entries(values)) outputs[key] = secrets.has(value) ? MASK : value;
  return { trackId, attempt: attempt ?? track.attempt, outputs };
}

/** The texts of the track's secrets: a script may hand on what it was given. An empty one gives nothing away. */
async function findSecrets(
  database: Database,
  { pipelineId, vertexId, input }: Awaited<ReturnType<typeof getTrack>>,
): Promise<Set<string>> {
  const pipeline = await getPipeline(database, pipelineId);
  const vertex = (await loadPipelineGraph(database.dataSource, database, pipeline)).vertices.get(vertexId);
  const declarations = vertex === undefined ? {} : declarationsOf(vertex);
  const secrets = Object.entries(input).filter(([name]) => declarations[name]?.secret !== false);
  return new Set(secrets.map(([, value]) => formatValue(value)).filter((text) => text !== ''));
}
