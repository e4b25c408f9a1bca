import { trackIdOf, type ParameterValues, type TrackView } from '@baton/domain';
import type { GraphVertex } from './load-flow-graph.ts';
import { pendingColumns } from './pending-columns.ts';
import { execute, inChunks, placeRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';

/** A track that is to be made, of one vertex. */
export interface NewTrack {
  pipelineId: number;
  vertex: GraphVertex;
  input: ParameterValues | undefined;
  awaits: TrackView['awaits'];
}

const TRACKS_AT_ONCE = 2000;

function commonValues({ pipelineId, vertex, input, awaits }: NewTrack): unknown[] {
  const values = input === undefined || Object.keys(input).length === 0 ? null : toStoredJson(input);
  return [trackIdOf(pipelineId, vertex.id), pipelineId, vertex.id, awaits, values];
}

/** Makes tracks that plainly wait, with nothing counted: nearly all of a large pipeline. */
export async function insertWaitingTracks(runner: Runner, tracks: Iterable<NewTrack>): Promise<void> {
  for (const chunk of inChunks(tracks, TRACKS_AT_ONCE)) {
    const rows = chunk.map((track) => [...commonValues(track), track.vertex.predecessors.length]);
    const { places, values } = placeRows(rows, [`'WAITING'`]);
    await execute(
      runner,
      `INSERT INTO track (id, pipeline_id, vertex_id, awaits, input, predecessors_left, state) VALUES ${places}`,
      values,
    );
  }
}

/** Rows whose columns with SQL of their own are the same. */
interface StartedRows {
  columns: Record<string, string>;
  rows: unknown[][];
}

/** Makes tracks in the state that the start of their pipeline gives them. The times come from the database's clock. */
export async function insertStartedTracks(
  runner: Runner,
  tracks: readonly (NewTrack & { view: TrackView; isPipelineLive: boolean })[],
): Promise<void> {
  const groups = new Map<string, StartedRows>();
  for (const track of tracks) {
    const { vertex, view, isPipelineLive } = track;
    const isPending = view.state === 'PENDING';
    const pending = { vertex, awaits: view.awaits, isRunning: isPipelineLive, delayMs: 0, seq: 0 };
    const hasEnded = !isPending && view.state !== 'WAITING';
    const columns = {
      state: `'${view.state}'`,
      ...(isPending ? pendingColumns(pending) : {}),
      ...(hasEnded ? { finished_at: 'UTC_TIMESTAMP(6)' } : {}),
    };
    const key = JSON.stringify(columns);
    const group: StartedRows = groups.get(key) ?? { columns, rows: [] };
    group.rows.push([...commonValues(track), ...startedValues(track)]);
    groups.set(key, group);
  }
  for (const { columns, rows } of groups.values()) {
    for (const chunk of inChunks(rows, TRACKS_AT_ONCE)) {
      const { places, values } = placeRows(chunk, Object.values(columns));
      await execute(
        runner,
        `INSERT INTO track (id, pipeline_id, vertex_id, awaits, input, predecessors_left, predecessors_succeeded,
           predecessors_failed, predecessors_skipped, predecessors_cancelled, predecessors_not_taken, chosen, reason,
           detail, ${Object.keys(columns).join(', ')}) VALUES ${places}`,
        values,
      );
    }
  }
}

function startedValues({ vertex, view }: NewTrack & { view: TrackView }): unknown[] {
  const { succeeded, failed, skipped, cancelled, notTaken } = view.counts;
  const counts = [succeeded, failed, skipped, cancelled, notTaken];
  const left = counts.reduce((rest, count) => rest - count, vertex.predecessors.length);
  return [left, ...counts, view.chosen === null ? null : JSON.stringify(view.chosen), view.reason, view.detail];
}
