import { BatonError, findTracksToRerun, trackIdOf, type JsonValue, type RerunScope, type Verdict } from '@baton/domain';
import { applyDecided, noEffects } from './apply-flow-events.ts';
import type { AppliedAction } from './apply-person-action.ts';
import type { Database } from './data-source.ts';
import { decidePipelines } from './decide-pipelines.ts';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import { loadFacts, loadTracks, type LockedPipeline } from './load-transition-context.ts';
import {
  findDoneAction,
  findRemainingEffects,
  lockPipeline,
  refuseEndedChild,
  withActionId,
  type PersonAction,
} from './person-actions.ts';
import { planRerun, type RerunPlan } from './rerun-plan.ts';
import { resolveRerunValues, type RerunValues } from './rerun-values.ts';
import { findKeptObstacles, findVersionObstacles, showOnVersion } from './rerun-version.ts';
import { writeRerun, type PreparedRerun } from './rerun-writes.ts';
import { loadGraphToStart } from './start-pipeline.ts';
import { selectRows, type Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

export interface RerunRequest {
  pipelineId: number;
  from: RerunScope;
  /** Of what runs again; added to those of the pipeline. Absent: as they are. */
  params?: Record<string, JsonValue> | null | undefined;
  /** Of the graph; absent: the same. */
  version?: 'same' | 'latest' | number | undefined;
  /** Nothing is written, the plan is shown. */
  preview?: boolean | undefined;
}

/** `plan` is null where the rerun is refused, and where it was done before: the same action sent again. */
export type AppliedRerun = AppliedAction & { plan: RerunPlan | null };

/** Carries an answer out of a transaction of which nothing is to stay. */
class NothingToKeep extends Error {
  readonly answer: AppliedRerun;

  constructor(answer: AppliedRerun) {
    super('the transaction is rolled back on purpose');
    this.answer = answer;
  }
}

/**
 * Runs tracks of a pipeline again, once, as applyPersonAction does what persons ask for: one transaction, found again by the
 * action's id, nothing written where it is refused.
 *
 * With `params` the values of what runs again are resolved anew; with `version` an ended pipeline goes over to another
 * version of its graph, whose new vertices wait and run when their turn comes.
 * @throws BatonError pipeline_not_found, track_not_found, idempotency_key_reused; invalid_parameters naming every problem;
 *   graph_not_found, graph_check_failed where there is no such version, or it does not pass its check
 */
export async function rerunPipeline(
  database: Database,
  request: RerunRequest,
  action: PersonAction,
): Promise<AppliedRerun> {
  const known = withActionId(action);
  let tried: AppliedRerun | null = null;
  try {
    return await withTransaction(database, async (runner) => {
      // Versions are locked before pipelines, everywhere.
      const target = await loadTarget(runner, database, request);
      const locked = await lockPipeline(runner, database, request.pipelineId);
      refuseForeignTracks(locked, request.from);
      const event = { kind: 'rerun', from: request.from } as const;
      const done = await findDoneAction(runner, request.pipelineId, { actionId: known.actionId, event });
      if (done !== null) return tried ?? (await answerAgain(runner, locked, done));
      tried = await rerunLocked(runner, locked, { request, action: known, target });
      return tried;
    });
  } catch (error) {
    if (error instanceof NothingToKeep) return error.answer;
    throw error;
  }
}

type Target = Awaited<ReturnType<typeof loadGraphToStart>>;

async function loadTarget(
  runner: Runner,
  database: Database,
  { pipelineId, version = 'same' }: RerunRequest,
): Promise<Target | null> {
  if (version === 'same') return null;
  const sql = 'SELECT graph_id AS graphId FROM pipeline WHERE id = ?';
  const [row] = await selectRows<{ graphId: number }>(runner, sql, [pipelineId]);
  if (row === undefined) return null; // locking it says so
  return loadGraphToStart(runner, database, { graph: row.graphId, version: version === 'latest' ? null : version });
}

function refuseForeignTracks({ graph, pipeline }: LockedPipeline, from: RerunScope): void {
  const unknown = from === 'failed' ? undefined : from.vertexIds.find((id) => !graph.vertices.has(id));
  if (unknown === undefined) return;
  throw new BatonError('track_not_found', `expected the id of a track, found ${trackIdOf(pipeline.id, unknown)}`);
}

async function answerAgain(
  runner: Runner,
  locked: LockedPipeline,
  done: Parameters<typeof findRemainingEffects>[2],
): Promise<AppliedRerun> {
  return { ...(await findRemainingEffects(runner, locked, done)), verdict: { kind: 'done' }, plan: null };
}

interface Asked {
  request: RerunRequest;
  action: PersonAction & { actionId: string };
  target: Target | null;
}

async function rerunLocked(runner: Runner, locked: LockedPipeline, asked: Asked): Promise<AppliedRerun> {
  const { request, action } = asked;
  const endedChild = refuseEndedChild(locked);
  if (endedChild?.kind === 'refused') refuse([endedChild.message]);
  if (locked.graph.map !== undefined && request.params != null) {
    refuse([`expected no parameters: those of an item of a map come from the track ${locked.pipeline.parentTrackId}`]);
  }
  await loadTracks(runner, [{ locked, vertexIds: locked.graph.vertices.keys() }]);
  const prepared = await prepare(runner, locked, asked);
  const event = { kind: 'rerun', from: request.from } as const;
  const cause = { kind: event.kind, ...action, action: describeRerun(locked, request) };
  const again = findTracksToRerun(locked.graph, locked.tracks, request.from);
  const vertexIds = [...again, ...prepared.added.map(({ id }) => id)].sort((a, b) => a - b);
  const plan = planRerun(prepared.from, locked, { vertexIds, values: prepared.values.changed });
  const [decided] = await decidePipelines(runner, [{ locked, events: [event], cause }]);
  const verdict = decided?.changes.verdicts[0];
  if (decided === undefined || verdict === undefined) throw new Error('the rules say nothing about a rerun');
  if (verdict.kind === 'refused') refuse([verdict.message]);
  if (request.preview === true) throw new NothingToKeep({ ...noEffects(), verdict, plan });
  const written = await writeRerun(runner, decided, prepared);
  return { ...(await applyDecided(runner, [written])), verdict, plan };
}

function refuse(reasons: readonly string[]): never {
  const verdict: Verdict = { kind: 'refused', message: reasons.join('; ') };
  throw new NothingToKeep({ ...noEffects(), verdicts: [verdict], verdict, plan: null });
}

function describeRerun(
  { graph }: LockedPipeline,
  { from, params, version = 'same' }: RerunRequest,
): Record<string, JsonValue> {
  const scope: JsonValue = from === 'failed' ? from : { vertexIds: [...from.vertexIds], descendants: from.descendants };
  const names = params == null ? {} : { params: Object.keys(params) };
  return { kind: 'rerun', from: scope, ...names, ...(version === 'same' ? {} : { version: graph.version }) };
}

/** Shows the rules the pipeline as it is to be: on its version, with its values. */
async function prepare(runner: Runner, locked: LockedPipeline, { request, target }: Asked): Promise<PreparedRerun> {
  const from = locked.graph;
  const to = target === null || target.graph.versionId === from.versionId ? null : target;
  const added = to === null ? [] : goOver(locked, to.graph, request.from);
  const toSeal = to === null || to.isSealed ? null : to.graph;
  const given = request.params ?? {};
  const prepared = { from, toSeal, added, params: { known: {}, given } };
  if (to === null && request.params == null) return { ...prepared, values: { changed: new Map(), held: new Set() } };
  const again = findTracksToRerun(locked.graph, locked.tracks, request.from);
  await loadFacts(runner, locked, again);
  const vertexIds = [...again, ...added.map(({ id }) => id)];
  const vertices = vertexIds.flatMap((id) => locked.graph.vertices.get(id) ?? []);
  const known = await readParams(runner, locked.pipeline.id);
  const inputs = new Map([...locked.facts].map(([id, { input }]) => [id, input]));
  const values = resolveRerunValues(locked.graph, vertices, { params: known, given, inputs });
  showValues(locked, vertexIds, values);
  return { ...prepared, params: { known, given }, values };
}

/** @returns the vertices that are new; refuses where the pipeline cannot go over, for every reason at once */
function goOver(locked: LockedPipeline, to: StoredGraph, scope: RerunScope): GraphVertex[] {
  const from = locked.graph;
  const obstacles = findVersionObstacles(locked, to);
  if (obstacles.length > 0) refuse(obstacles);
  const added = showOnVersion(locked, to);
  const kept = findKeptObstacles(from, to, new Set(findTracksToRerun(to, locked.tracks, scope)));
  if (kept.length > 0) refuse(kept);
  return added;
}

async function readParams(runner: Runner, pipelineId: number): Promise<Record<string, JsonValue>> {
  const [row] = await selectRows<{ params: string }>(runner, 'SELECT params FROM pipeline WHERE id = ?', [pipelineId]);
  return JSON.parse(row?.params ?? '{}') as Record<string, JsonValue>;
}

function showValues(locked: LockedPipeline, vertexIds: readonly number[], { changed, held }: RerunValues): void {
  for (const id of vertexIds) {
    const { input, outputs } = locked.facts.get(id) ?? { input: {}, outputs: {} };
    locked.facts.set(id, { input: { ...input, ...changed.get(id) }, outputs });
    // Of those that ran before the rules say themselves what they lack.
    const track = locked.tracks.get(id);
    if (track?.state === 'WAITING' && held.has(id)) locked.tracks.set(id, { ...track, awaits: 'params' });
  }
}
