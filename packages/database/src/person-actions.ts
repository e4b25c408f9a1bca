import { randomUUID } from 'node:crypto';
import {
  BatonError,
  isPipelineEnded,
  trackIdOf,
  type JsonValue,
  type PersonEvent,
  type TrackToDispatch,
  type Verdict,
} from '@baton/domain';
import { noEffects, type AppliedEvents } from './apply-flow-events.ts';
import type { Database } from './data-source.ts';
import { lockPipelines, type LockedPipeline } from './load-transition-context.ts';
import type { EventBody, EventKind } from './pipeline-events.ts';
import { inChunks, selectRows, type Runner } from './statements.ts';
import { describeTrack } from './track-to-dispatch.ts';

/** Who does something, why, and the id by which it is found when it is sent again. */
export interface PersonAction {
  /** A token's name. */
  actor: string;
  reason: string | null;
  /** Null: it is never sent again. */
  actionId: string | null;
}

/** What persons do to pipelines and tracks, as it is asked for. */
export type AskedEvent = PersonEvent | { kind: 'cancel' };

/** An action that has an id in any case: a COMMIT whose reply was lost is found done by it. */
export function withActionId(action: PersonAction): PersonAction & { actionId: string } {
  return { ...action, actionId: action.actionId ?? `baton:${randomUUID()}` };
}

/** @throws BatonError pipeline_not_found */
export async function lockPipeline(runner: Runner, database: Database, pipelineId: number): Promise<LockedPipeline> {
  const locked = (await lockPipelines(runner, database, [pipelineId])).get(pipelineId);
  if (locked !== undefined) return locked;
  throw new BatonError('pipeline_not_found', `expected the id of a pipeline, found ${pipelineId}`);
}

/**
 * An ended pipeline that a track runs is not brought back to life: its end has been told to that track, which may have gone
 * on long ago.
 * @returns why it stays as it is; null: it is a pipeline of its own, or under way
 */
export function refuseEndedChild({ pipeline: { parentTrackId, state } }: LockedPipeline): Verdict | null {
  if (parentTrackId === null || !isPipelineEnded(state)) return null;
  const found = `that of track ${parentTrackId}, which is ${state}: run that track again`;
  return { kind: 'refused', message: `expected a pipeline of its own, or one that is under way, found ${found}` };
}

/** What was asked for, for the history: without values, which are in the tracks that they were given to. */
export function describeEvent(event: AskedEvent): Record<string, JsonValue> {
  const { values: _values, ...asked } = { values: null, ...event };
  return structuredClone(asked) as Record<string, JsonValue>;
}

/** An action that was done before. */
export interface DoneAction {
  kind: EventKind;
  body: EventBody;
}

/**
 * Looks for an action in the history of its pipeline, which the caller has locked.
 * @throws BatonError idempotency_key_reused where the id was used for something else
 */
export async function findDoneAction(
  runner: Runner,
  pipelineId: number,
  { actionId, event }: { actionId: string; event: AskedEvent },
): Promise<DoneAction | null> {
  const [row] = await selectRows<{ kind: EventKind; body: string }>(
    runner,
    'SELECT kind, body FROM pipeline_event WHERE pipeline_id = ? AND action_id = ?',
    [pipelineId, actionId],
  );
  if (row === undefined) return null;
  const body = JSON.parse(row.body) as EventBody;
  if (row.kind === event.kind && body.action?.['vertexId'] === describeEvent(event)['vertexId'])
    return { ...row, body };
  const detail = `expected the action that ${JSON.stringify(actionId)} was used for (${row.kind}), found ${event.kind}`;
  throw new BatonError('idempotency_key_reused', detail);
}

/**
 * What an action that was done before still asks for after its commit: whoever did it may not have come to that. What was
 * enqueued then is enqueued once more under the same name, which the queue takes as one.
 */
export async function findRemainingEffects(
  runner: Runner,
  locked: LockedPipeline,
  { kind, body }: DoneAction,
): Promise<AppliedEvents> {
  const { tracks = [], killRunning } = body;
  const isKilling = killRunning === true || tracks.some(({ cancelRequested }) => cancelRequested === true);
  return {
    ...noEffects(),
    toDispatch: await findUnclaimed(runner, locked, kind === 'resume' ? null : tracks.map(({ vertexId }) => vertexId)),
    killRequested: isKilling ? [locked.pipeline.id] : [],
    verdicts: [{ kind: 'done' }],
  };
}

const SELECT_UNCLAIMED = `SELECT vertex_id AS vertexId, attempt, dispatch_seq AS seq FROM track
  WHERE pipeline_id = ? AND state = 'PENDING' AND awaits IS NULL AND due_at IS NOT NULL AND waits_for IS NULL
    AND dispatch_seq > 0`;

interface Unclaimed {
  vertexId: number;
  attempt: number;
  seq: number;
}

/** @param vertexIds null: of all tracks */
async function findUnclaimed(
  runner: Runner,
  { graph, pipeline }: LockedPipeline,
  vertexIds: readonly number[] | null,
): Promise<TrackToDispatch[]> {
  if (pipeline.state !== 'RUNNING') return [];
  const rows: Unclaimed[] = [];
  if (vertexIds === null) {
    for (const row of await selectRows<Unclaimed>(runner, SELECT_UNCLAIMED, [pipeline.id])) rows.push(row);
  }
  const ids = (vertexIds ?? []).map((vertexId) => trackIdOf(pipeline.id, vertexId));
  for (const chunk of inChunks(ids)) {
    const sql = `${SELECT_UNCLAIMED} AND id IN (?)`;
    for (const row of await selectRows<Unclaimed>(runner, sql, [pipeline.id, chunk])) rows.push(row);
  }
  return rows.map((row) => describeTrack(graph, pipeline, row));
}
