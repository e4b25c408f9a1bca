import { isDeepStrictEqual } from 'node:util';
import {
  BatonError,
  completeParameters,
  pipelineIdOf,
  vertexIdOf,
  type JsonValue,
  type ParameterValues,
  type PipelineState,
  type Problem,
  type TrackState,
  type TrackToDispatch,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { loadFlowGraph, type GraphVertex } from './load-flow-graph.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { describeTrack, dispatchTimeoutMs } from './track-to-dispatch.ts';
import { withTransaction } from './with-transaction.ts';

interface PipelineRow {
  id: number;
  versionId: number;
  name: string;
  priority: number;
  state: PipelineState;
}

/** What a try wrote and would have answered; kept because its COMMIT may have been done unheard. */
interface TriedGift {
  input: string;
  toDispatch: TrackToDispatch[];
}

interface HeldTrack {
  state: TrackState;
  attempt: number;
  awaits: string | null;
  input: string | null;
}

/**
 * Gives a held track the values that it lacks; where it may start now, it is to be enqueued after the commit.
 * @param given values by parameter name
 * @throws BatonError track_not_found, state_conflict where the track awaits no values (somebody else gave them, or its
 *   pipeline ended), invalid_parameters naming every wrong and every missing one: then nothing is written
 */
export async function giveParameters(
  database: Database,
  trackId: number,
  given: Readonly<Record<string, JsonValue>>,
): Promise<TrackToDispatch[]> {
  let tried: TriedGift | null = null;
  return withTransaction(database, async (runner) => {
    const pipeline = await lockPipeline(runner, trackId);
    const track = await lockTrack(runner, trackId);
    if (tried !== null && isGiven(track, tried)) return tried.toDispatch;
    if (track.awaits !== 'params' || (pipeline.state !== 'RUNNING' && pipeline.state !== 'PAUSED')) {
      const found = `state ${track.state} of a pipeline in ${pipeline.state}`;
      throw new BatonError('state_conflict', `expected track ${trackId} to await parameters, found it in ${found}`);
    }
    const graph = await loadFlowGraph(runner, database, pipeline.versionId);
    const vertexId = vertexIdOf(trackId);
    const input = JSON.stringify(completeOrRefuse(graph.vertices.get(vertexId), track, given));
    const startsNow = track.state === 'PENDING' && pipeline.state === 'RUNNING';
    const dispatch = startsNow
      ? `, dispatch_seq = 1, pending_at = UTC_TIMESTAMP(6), due_at = UTC_TIMESTAMP(6) + INTERVAL ${dispatchTimeoutMs(1) * 1000} MICROSECOND`
      : '';
    await execute(runner, `UPDATE track SET input = ?, awaits = NULL${dispatch} WHERE id = ? AND awaits = 'params'`, [
      input,
      trackId,
    ]);
    const toDispatch = startsNow ? [describeTrack(graph, pipeline, { vertexId, attempt: track.attempt, seq: 1 })] : [];
    tried = { input, toDispatch };
    return toDispatch;
  });
}

/** Compared as values: a server may keep JSON in a form of its own. */
function isGiven(track: HeldTrack, tried: TriedGift): boolean {
  if (track.awaits === 'params' || track.input === null) return false;
  return isDeepStrictEqual(JSON.parse(track.input), JSON.parse(tried.input));
}

async function lockPipeline(runner: Runner, trackId: number): Promise<PipelineRow> {
  const [pipeline] = await selectRows<PipelineRow>(
    runner,
    'SELECT id, version_id AS versionId, name, priority, state FROM pipeline WHERE id = ? FOR UPDATE',
    [pipelineIdOf(trackId)],
  );
  if (pipeline === undefined) throw trackNotFound(trackId);
  return pipeline;
}

async function lockTrack(runner: Runner, trackId: number): Promise<HeldTrack> {
  const [track] = await selectRows<HeldTrack>(
    runner,
    'SELECT state, attempt, awaits, input FROM track WHERE id = ? FOR UPDATE',
    [trackId],
  );
  if (track === undefined) throw trackNotFound(trackId);
  return track;
}

function trackNotFound(trackId: number): BatonError {
  return new BatonError('track_not_found', `expected the id of a track, found ${trackId}`);
}

function completeOrRefuse(
  vertex: GraphVertex | undefined,
  track: HeldTrack,
  given: Readonly<Record<string, JsonValue>>,
): ParameterValues {
  if (vertex === undefined) throw new Error('a track names a vertex that its graph version does not have');
  const known = (track.input === null ? {} : JSON.parse(track.input)) as ParameterValues;
  const { values, missing, problems } = completeParameters(vertex, known, given);
  const lacking: Problem[] = missing.map((name) => ({
    code: 'missing_parameter',
    message: `expected a value for the required parameter ${name} of ${vertex.name}, found none`,
    pointer: `/params/${name}`,
    vertices: [vertex.name],
  }));
  const all = [...problems, ...lacking];
  if (all.length === 0) return values;
  const detail = `expected the parameters that ${vertex.name} lacks, found ${all.length} problems; the first: ${all[0]?.message}`;
  throw new BatonError('invalid_parameters', detail, { problems: all });
}
