import {
  isPipelineEnded,
  judgeChild,
  splitOutputReference,
  trackIdOf,
  vertexIdOf,
  type Completion,
  type OutputValues,
  type PipelineState,
  type TrackState,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { findNamedOutputs } from './find-outputs.ts';
import type { GraphVertex } from './load-flow-graph.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { CHILD_WORKER } from './start-children.ts';
import { addWrite, inChunks, execute, selectRows, type Runner } from './statements.ts';
import { insertTrackOutputs } from './track-outputs.ts';
import { withRetries } from './with-transaction.ts';

/** A RUNNING track whose run is a pipeline, and what became of that. */
interface ChildRun extends PipelineGraphKey {
  trackId: number;
  attempt: number;
  runId: string;
  isCancelRequested: number;
  /** Why there is no child. */
  detail: string | null;
  durationMs: number;
  childId: number | null;
  childState: PipelineState | null;
  childOpenTracks: number | null;
  childFailures: number | null;
  childReason: string | null;
}

/** What is to be done about runs that are pipelines. */
export interface ChildLook {
  /** Attempts that have ended: to be applied like a worker's. Their outputs are stored. */
  completions: Completion[];
  /** Children that nobody wants any more. */
  toCancel: number[];
}

const SELECT_CHILD_RUNS = `SELECT t.id AS trackId, t.attempt, t.run_id AS runId, t.detail,
    t.cancel_requested_at IS NOT NULL AS isCancelRequested,
    GREATEST(TIMESTAMPDIFF(MICROSECOND, t.started_at, UTC_TIMESTAMP(6)) DIV 1000, 0) AS durationMs,
    c.id AS childId, c.state AS childState, c.open_tracks AS childOpenTracks, c.failures AS childFailures,
    c.reason AS childReason, ${PIPELINE_GRAPH_COLUMNS}
  FROM track t JOIN pipeline p ON p.id = t.pipeline_id LEFT JOIN pipeline c ON c.id = t.child_pipeline_id
  WHERE t.id IN (?) AND t.state = 'RUNNING' AND t.worker_id = ?`;

/**
 * Looks at the children of RUNNING tracks: which have ended, and which are to be cancelled. A child has ended when its state
 * says so and none of its tracks is open: a CANCELLED one whose scripts are still being killed has not.
 *
 * Nothing is locked and nothing decided here: completions name their run, and one that comes twice or too late is stale.
 */
export async function lookAtChildren(database: Database, trackIds: readonly number[]): Promise<ChildLook> {
  const look: ChildLook = { completions: [], toCancel: [] };
  for (const chunk of inChunks(trackIds)) {
    const runs = await selectRows<ChildRun>(database.dataSource, SELECT_CHILD_RUNS, [chunk, CHILD_WORKER]);
    for (const run of runs) {
      if (run.childState === null || (isPipelineEnded(run.childState) && run.childOpenTracks === 0)) {
        look.completions.push(await describeEnd(database, run));
      } else if (run.isCancelRequested === 1 && run.childId !== null && run.childState !== 'CANCELLED') {
        look.toCancel.push(run.childId);
      }
    }
  }
  return look;
}

/**
 * Those that were looked at and go on are looked at again later, should nothing make them due before.
 * @param times `lookedForMs`: since when they are looked at; what has become due meanwhile may not have been seen, and stays
 */
export async function postponeChildren(
  database: Database,
  trackIds: readonly number[],
  { afterMs, lookedForMs }: { afterMs: number; lookedForMs: number },
): Promise<void> {
  for (const chunk of inChunks(trackIds)) {
    await withRetries(() =>
      execute(
        database.dataSource,
        `UPDATE track SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
         WHERE id IN (?) AND state = 'RUNNING' AND worker_id = ?
           AND due_at <= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND`,
        [afterMs * 1000, chunk, CHILD_WORKER, Math.ceil(lookedForMs * 1000)],
      ),
    );
  }
}

/**
 * In the transaction in which the last track of an ended child ended: whoever looks for what is due finds its track at once.
 * @param parents tracks, each with the child that ended
 */
export async function makeParentsDue(
  runner: Runner,
  parents: readonly { parentTrackId: number; pipelineId: number }[],
): Promise<void> {
  for (const chunk of inChunks(
    parents.toSorted((a, b) => a.parentTrackId - b.parentTrackId),
    500,
  )) {
    await addWrite(runner, {
      sql: `UPDATE track SET due_at = UTC_TIMESTAMP(6)
       WHERE id IN (?) AND state = 'RUNNING' AND (id, child_pipeline_id) IN (?)`,
      values: [
        chunk.map(({ parentTrackId }) => parentTrackId),
        chunk.map(({ parentTrackId, pipelineId }) => [parentTrackId, pipelineId]),
      ],
    });
  }
}

/** @returns RUNNING tracks of these pipelines that run pipelines and are to end */
export async function findChildrenToCancel(database: Database, pipelineIds: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  for (const chunk of inChunks(pipelineIds)) {
    const rows = await selectRows<{ id: number }>(
      database.dataSource,
      `SELECT id FROM track FORCE INDEX (ix_track_pipeline_state)
       WHERE pipeline_id IN (?) AND state = 'RUNNING' AND worker_id = ? AND cancel_requested_at IS NOT NULL`,
      [chunk, CHILD_WORKER],
    );
    found.push(...rows.map(({ id }) => id));
  }
  return found;
}

/** @returns live pipelines that tracks of this one run */
export function findLiveChildren(
  database: Database,
  pipelineId: number,
): Promise<{ id: number; state: PipelineState }[]> {
  return selectRows(
    database.dataSource,
    `SELECT c.id, c.state FROM track t FORCE INDEX (ix_track_pipeline_state) STRAIGHT_JOIN pipeline c ON c.id = t.child_pipeline_id
     WHERE t.pipeline_id = ? AND t.state = 'RUNNING' AND c.state IN ('RUNNING', 'PAUSED') ORDER BY c.id`,
    [pipelineId],
  );
}

type Ending = Pick<Completion, 'outcome' | 'exitCode' | 'detail'>;

async function describeEnd(database: Database, run: ChildRun): Promise<Completion> {
  const { trackId, attempt, runId, durationMs } = run;
  const ending = await judge(database, run);
  return {
    trackId,
    attempt,
    runId,
    workerId: CHILD_WORKER,
    ...ending,
    signal: null,
    durationMs,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  };
}

async function judge(database: Database, run: ChildRun): Promise<Ending> {
  const graph = await loadPipelineGraph(database.dataSource, database, run);
  const vertex = graph.vertices.get(vertexIdOf(run.trackId));
  if (vertex === undefined) throw new Error(`track ${run.trackId} is of no vertex of version ${run.versionId}`);
  if (run.childId === null || run.childState === null) {
    if (run.detail !== null) return { outcome: 'spawn_error', exitCode: null, detail: run.detail };
    await storeOutputs(database, run, { results: '[]', succeeded: '0', failed: '0' });
    return { outcome: 'exited', exitCode: 0, detail: null };
  }
  const { map } = vertex.policies;
  const items = map === null ? [] : await readItems(database, run.childId);
  const ending = judgeChild({
    pipelineId: run.childId,
    state: run.childState,
    reason: run.childReason,
    isCancelRequested: run.isCancelRequested === 1,
    items: map === null ? null : { ...countItems(items), minSuccessPercent: map.minSuccessPercent },
  });
  if (ending.outcome === 'cancelled') return ending;
  const outputs =
    map === null ? await mapOutputs(database, run.childId, vertex) : await gatherItems(database, run.childId, items);
  await storeOutputs(database, run, outputs);
  if (map === null || outputs['results'] !== undefined) return ending;
  return { outcome: 'bad_output', exitCode: null, detail: `${EXPECTED_RESULTS} in pipeline ${run.childId}` };
}

function storeOutputs(database: Database, { trackId, attempt }: ChildRun, values: OutputValues): Promise<void> {
  return withRetries(() => insertTrackOutputs(database.dataSource, [{ trackId, attempt, values }]));
}

/** What all items hand on becomes one value: of one row, in one statement, and in the memory of whoever reads it. */
const MAX_RESULTS_BYTES = 4 * 1024 * 1024;
const EXPECTED_RESULTS = `expected at most ${MAX_RESULTS_BYTES} bytes of outputs of all items together, as JSON, found more`;

/** @returns how long `results` is at least, without reading it */
async function measureItems(database: Database, childId: number): Promise<number> {
  const [row] = await selectRows<{ bytes: number | string | null }>(
    database.dataSource,
    `SELECT SUM(OCTET_LENGTH(o.value) + OCTET_LENGTH(o.name)) AS bytes FROM track t STRAIGHT_JOIN track_output o
       ON o.track_id = t.id AND o.attempt = t.attempt WHERE t.pipeline_id = ? AND t.state = 'SUCCEED'`,
    [childId],
  );
  return Number(row?.bytes ?? 0);
}

interface Item {
  vertexId: number;
  state: TrackState;
}

function readItems(database: Database, childId: number): Promise<Item[]> {
  const sql = 'SELECT vertex_id AS vertexId, state FROM track WHERE pipeline_id = ? ORDER BY id';
  return selectRows<Item>(database.dataSource, sql, [childId]);
}

function countItems(items: readonly Item[]): { succeeded: number; failed: number } {
  const succeeded = items.filter(({ state }) => state === 'SUCCEED').length;
  return { succeeded, failed: items.length - succeeded };
}

/**
 * `results`: a JSON list in the order of the items, of what each handed on; null where it did not succeed. Absent where it is
 * too long, which may only be seen in the JSON: a control character takes six there.
 */
async function gatherItems(database: Database, childId: number, items: readonly Item[]): Promise<OutputValues> {
  const { succeeded, failed } = countItems(items);
  const counts = { succeeded: String(succeeded), failed: String(failed) };
  if ((await measureItems(database, childId)) > MAX_RESULTS_BYTES) return counts;
  const rows = await selectRows<{ vertexId: number; name: string; value: string }>(
    database.dataSource,
    `SELECT t.vertex_id AS vertexId, o.name, o.value FROM track t STRAIGHT_JOIN track_output o
       ON o.track_id = t.id AND o.attempt = t.attempt WHERE t.pipeline_id = ? AND t.state = 'SUCCEED'`,
    [childId],
  );
  const values = new Map<number, OutputValues>();
  for (const { vertexId, name, value } of rows) {
    const known = values.get(vertexId) ?? (Object.create(null) as OutputValues);
    known[name] = value;
    values.set(vertexId, known);
  }
  const list = items.map(({ vertexId, state }) => (state === 'SUCCEED' ? (values.get(vertexId) ?? {}) : null));
  const results = JSON.stringify(list);
  return Buffer.byteLength(results) > MAX_RESULTS_BYTES ? counts : { results, ...counts };
}

/** What the vertex's `outputs` name in the child; what was not written there is not here either. */
async function mapOutputs(database: Database, childId: number, vertex: GraphVertex): Promise<OutputValues> {
  const named = Object.entries(vertex.policies.pipeline?.outputs ?? {});
  const values: OutputValues = Object.create(null);
  if (named.length === 0) return values;
  const [child] = await selectRows<PipelineGraphKey>(
    database.dataSource,
    `SELECT ${PIPELINE_GRAPH_COLUMNS} FROM pipeline p WHERE p.id = ?`,
    [childId],
  );
  if (child === undefined) throw new Error(`there is no pipeline ${childId}`);
  const { vertices } = await loadPipelineGraph(database.dataSource, database, child);
  const ids = new Map([...vertices.values()].map(({ id, name }) => [name, id]));
  const wanted = named.flatMap(([name, reference]) => {
    const output = splitOutputReference(reference);
    const vertexId = output === null ? undefined : ids.get(output.vertex);
    return output === null || vertexId === undefined
      ? []
      : [{ name, key: output.key, trackId: trackIdOf(childId, vertexId) }];
  });
  const found = await findNamedOutputs(database.dataSource, wanted);
  for (const { name, key, trackId } of wanted) {
    const value = found.get({ key, trackId });
    if (value !== undefined) values[name] = value;
  }
  return values;
}
