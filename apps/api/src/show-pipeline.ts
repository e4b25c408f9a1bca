import {
  countTracksByState,
  findPipeline,
  loadPipelineGraph,
  type Database,
  type PipelineRecord,
  type StoredGraph,
} from '@baton/database';
import {
  BatonError,
  declarationsOf,
  FAILURE_POLICIES,
  PIPELINE_MODES,
  PIPELINE_STATES,
  TRACK_STATES,
  type JsonValue,
} from '@baton/domain';
import { z } from 'zod';

/** In the place of a secret's value. */
export const MASK = '***';

const summaryFields = {
  id: z.int(),
  graphId: z.int(),
  graph: z.string().describe("the graph's name"),
  version: z.int(),
  name: z.string(),
  mode: z.enum(PIPELINE_MODES),
  onFailure: z.enum(FAILURE_POLICIES),
  priority: z.int(),
  state: z.enum(PIPELINE_STATES),
  reason: z.string().nullable().describe('why it ended so'),
  totalTracks: z.int(),
  openTracks: z.int().describe('tracks that have not ended, and those that await a person'),
  createdBy: z.string(),
  parentTrackId: z.int().nullable().describe('the track that runs it; null: it was started by itself'),
  deadlineAt: z.iso.datetime().nullable().describe('FAILED if it has not ended by then'),
  scheduleId: z.int().nullable().describe('of the schedule that started it; it may be gone by now'),
  scheduledFor: z.iso.datetime().nullable().describe('the due time that it was started for'),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
};

export const pipelineSummarySchema = z.strictObject(summaryFields).meta({ id: 'PipelineSummary' });

export const pipelineSchema = z
  .strictObject({
    ...summaryFields,
    params: z.record(z.string(), z.json()).describe(`as given; secrets are ${MASK}`),
    counts: z.strictObject(
      Object.fromEntries(TRACK_STATES.map((state) => [state, z.int()])) as Record<
        (typeof TRACK_STATES)[number],
        z.ZodInt
      >,
    ),
  })
  .meta({ id: 'Pipeline' });

export type PipelineSummary = z.infer<typeof pipelineSummarySchema>;
export type PipelineDetails = z.infer<typeof pipelineSchema>;

/**
 * One pipeline, whole.
 * @param known how many tracks it has in each state, where that need not be counted
 * @throws BatonError pipeline_not_found
 */
export async function showPipeline(
  database: Database,
  pipelineId: number,
  known?: PipelineDetails['counts'],
): Promise<PipelineDetails> {
  const pipeline = await getPipeline(database, pipelineId);
  return detailPipeline(database, pipeline, known ?? (await countTracksByState(database, pipelineId)));
}

/** A pipeline that was read, whole. */
export async function detailPipeline(
  database: Database,
  pipeline: PipelineRecord,
  counts: PipelineDetails['counts'],
): Promise<PipelineDetails> {
  return { ...summarisePipeline(pipeline), params: await maskParams(database, pipeline), counts };
}

/** @throws BatonError pipeline_not_found */
export async function getPipeline(database: Database, pipelineId: number): Promise<PipelineRecord> {
  const pipeline = await findPipeline(database, pipelineId);
  if (pipeline === null) {
    throw new BatonError('pipeline_not_found', `expected the id of a pipeline, found ${pipelineId}`);
  }
  return pipeline;
}

export function summarisePipeline(pipeline: PipelineRecord): PipelineSummary {
  const {
    versionId: _version,
    mapVertexId: _map,
    mapSize: _size,
    params: _params,
    failures: _failures,
    ...shown
  } = pipeline;
  return {
    ...shown,
    deadlineAt: pipeline.deadlineAt?.toISOString() ?? null,
    scheduledFor: pipeline.scheduledFor?.toISOString() ?? null,
    createdAt: pipeline.createdAt.toISOString(),
    finishedAt: pipeline.finishedAt?.toISOString() ?? null,
  };
}

/** A value is hidden where any vertex that it may have reached calls it a secret. */
async function maskParams(database: Database, pipeline: PipelineRecord): Promise<Record<string, JsonValue>> {
  if (Object.keys(pipeline.params).length === 0) return {};
  return maskSecrets(await loadPipelineGraph(database.dataSource, database, pipeline), pipeline.params);
}

/** Parameters of a start, without what the graph calls secret. */
export function maskSecrets(
  graph: StoredGraph,
  params: Readonly<Record<string, JsonValue>>,
): Record<string, JsonValue> {
  const secrets = secretKeysOf(graph);
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, secrets.has(key) ? MASK : value]));
}

/** Graphs are kept in memory and immutable: what is read from one is kept with it. */
const secretKeys = new WeakMap<StoredGraph, Set<string>>();

/** The keys of start parameters that carry secrets: `password`, `deploy.password`. */
function secretKeysOf(graph: StoredGraph): Set<string> {
  const known = secretKeys.get(graph);
  if (known !== undefined) return known;
  const keys = new Set<string>();
  for (const vertex of graph.vertices.values()) {
    for (const [name, declaration] of Object.entries(declarationsOf(vertex))) {
      if (declaration.secret) keys.add(name).add(`${vertex.name}.${name}`);
    }
  }
  secretKeys.set(graph, keys);
  return keys;
}
