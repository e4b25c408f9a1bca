import { trackIdOf, type OutputValues, type TrackState } from '@baton/domain';
import { LRUCache } from 'lru-cache';
import type { Database } from './data-source.ts';
import { inChunks, selectRows, type Runner } from './statements.ts';

/*
 * Outputs as claims need them: those that scripts name, and all those of the vertices before. Pipelines whose scripts hand
 * nothing on, which are most, cost a claim one look at the index.
 */

/** One output of a track, by its key. */
export interface NamedOutput {
  trackId: number;
  key: string;
}

export interface FoundOutputs {
  /** Of the tracks' current attempts; absent where there is no such output. */
  get(output: NamedOutput): string | undefined;
  /** Of every track that was asked for. */
  states: ReadonlyMap<number, TrackState>;
}

const NAMES_AT_ONCE = 1000;

/** Reads single outputs of tracks' current attempts, in one statement a thousand. */
export async function findNamedOutputs(runner: Runner, wanted: readonly NamedOutput[]): Promise<FoundOutputs> {
  const values = new Map<string, string>();
  const states = new Map<number, TrackState>();
  for (const chunk of inChunks(wanted, NAMES_AT_ONCE)) {
    const rows = await selectRows<{ trackId: number; state: TrackState; name: string | null; value: string | null }>(
      runner,
      `SELECT t.id AS trackId, t.state, o.name, o.value
        FROM track t LEFT JOIN track_output o
          ON o.track_id = t.id AND o.attempt = t.attempt AND (o.track_id, o.name) IN (?)
        WHERE t.id IN (?)`,
      [chunk.map(({ trackId, key }) => [trackId, key]), [...new Set(chunk.map(({ trackId }) => trackId))]],
    );
    for (const { trackId, state, name, value } of rows) {
      states.set(trackId, state);
      if (name !== null && value !== null) values.set(`${trackId}.${name}`, value);
    }
  }
  return { get: ({ trackId, key }) => values.get(`${trackId}.${key}`), states };
}

/** Outputs are never removed while their pipeline is there: a pipeline that had any has some. */
const pipelinesWithOutputs = new LRUCache<string, true>({ max: 100_000 });

/** @returns those of the pipelines in which some attempt handed something on */
export async function findPipelinesWithOutputs(
  database: Database,
  pipelineIds: readonly number[],
): Promise<Set<number>> {
  // One process may use several databases (tests do).
  const keyOf = (id: number): string => `${String(database.dataSource.driver.database)}/${id}`;
  const known = pipelineIds.filter((id) => pipelinesWithOutputs.has(keyOf(id)));
  const found = new Set(known);
  const unknown = [...new Set(pipelineIds)].filter((id) => !found.has(id));
  for (const chunk of inChunks(unknown, NAMES_AT_ONCE)) {
    const probe = `SELECT ? AS id FROM DUAL WHERE EXISTS (SELECT 1 FROM track_output WHERE track_id > ? AND track_id < ?)`;
    const rows = await selectRows<{ id: number }>(
      database.dataSource,
      chunk.map(() => probe).join(' UNION ALL '),
      chunk.flatMap((id) => [id, ...rangeOf(id)]),
    );
    for (const { id } of rows) {
      pipelinesWithOutputs.set(keyOf(id), true);
      found.add(id);
    }
  }
  return found;
}

const TRACKS_AT_ONCE = 1000;
/** Of one page: 25 MiB where every value is as long as a worker may send it, and far less as a rule. */
const ROWS_AT_ONCE = 400;

/**
 * Reads all outputs of the current attempts of some vertices' tracks.
 * @param wanted the vertices, by pipeline
 * @param maxBytes of the values together
 * @returns values by track id, in the order of the ids; tracks without any are absent. Null: there is more than that
 */
export async function findOutputsOfVertices(
  runner: Runner,
  wanted: ReadonlyMap<number, ReadonlySet<number>>,
  maxBytes: number,
): Promise<Map<number, OutputValues> | null> {
  const outputs = new Map<number, OutputValues>();
  let bytes = 0;
  const pipelineIds = [...wanted.keys()].toSorted((a, b) => a - b);
  const trackIds: number[] = [];
  for (const id of pipelineIds) trackIds.push(...(await listTracks(runner, id, wanted.get(id) as ReadonlySet<number>)));
  for (const chunk of inChunks(trackIds, TRACKS_AT_ONCE)) {
    for await (const { trackId, name, value } of readPages(runner, chunk)) {
      bytes += name.length + Buffer.byteLength(value);
      if (bytes > maxBytes) return null;
      const values = outputs.get(trackId) ?? (Object.create(null) as OutputValues);
      values[name] = value;
      outputs.set(trackId, values);
    }
  }
  return outputs;
}

/** Where there are more vertices than one statement takes, those without outputs are left out first. */
async function listTracks(runner: Runner, pipelineId: number, vertexIds: ReadonlySet<number>): Promise<number[]> {
  const trackIds = [...vertexIds].map((id) => trackIdOf(pipelineId, id)).toSorted((a, b) => a - b);
  if (trackIds.length <= TRACKS_AT_ONCE) return trackIds;
  const rows = await selectRows<{ trackId: number }>(
    runner,
    'SELECT DISTINCT track_id AS trackId FROM track_output WHERE track_id > ? AND track_id < ? ORDER BY track_id',
    rangeOf(pipelineId),
  );
  return rows.map(({ trackId }) => trackId).filter((id) => vertexIds.has(id - trackIdOf(pipelineId, 0)));
}

interface OutputRow {
  trackId: number;
  name: string;
  value: string;
}

/** In pages, so that somebody who has enough has not read much more. */
async function* readPages(runner: Runner, trackIds: readonly number[]): AsyncGenerator<OutputRow> {
  let last: Pick<OutputRow, 'trackId' | 'name'> = { trackId: 0, name: '' };
  for (let isOver = false; !isOver;) {
    const { trackId, name } = last;
    // The attempt is compared in a subquery: joined, the rows would have to be sorted before the first is known.
    const rows = await selectRows<OutputRow>(
      runner,
      `SELECT o.track_id AS trackId, o.name, o.value FROM track_output o
        WHERE o.track_id IN (?) AND (o.track_id > ? OR o.name > ?)
          AND o.attempt = (SELECT t.attempt FROM track t WHERE t.id = o.track_id)
        ORDER BY o.track_id, o.attempt, o.name LIMIT ?`,
      [trackIds.filter((id) => id >= trackId), trackId, name, ROWS_AT_ONCE],
    );
    yield* rows;
    isOver = rows.length < ROWS_AT_ONCE;
    last = rows.at(-1) ?? last;
  }
}

function rangeOf(pipelineId: number): [number, number] {
  return [trackIdOf(pipelineId, 0), trackIdOf(pipelineId + 1, 0)];
}
