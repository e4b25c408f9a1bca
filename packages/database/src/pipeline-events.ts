import {
  MAX_DETAIL_LENGTH,
  type AttemptEnd,
  type Awaited,
  type Changes,
  type FailurePolicy,
  type GateDecision,
  type JsonValue,
  type PipelineMode,
  type PipelineState,
  type PersonEvent,
  type TrackReason,
  type TrackState,
  type TrackView,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { addWrite, placeRows, selectRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';

/*
 * The history of a pipeline: what each transaction changed in it, written by that same transaction. It is only ever added
 * to: no statement of Baton changes or removes a row (a test reads the sources for one), and docs/deployment.md says how to
 * take these rights from its database user as well. A test folds the tables from it (testing-rebuild.ts).
 *
 * An event states values as they are after it, never differences: so a fold needs no arithmetic, and a long body may be cut
 * into several rows of one kind, of which the last has the action.
 */

/** What happened: a person's event, or what the flow, a start, a claim or its way back did. */
export type EventKind = PersonEvent['kind'] | 'cancel' | 'flow' | 'start' | 'claim' | 'release' | 'child';

/** Values after the event; what is absent did not change. */
export interface PipelineEntry {
  state?: PipelineState;
  mode?: PipelineMode;
  onFailure?: FailurePolicy;
  openTracks?: number;
  failures?: number;
  reason?: string | null;
  versionId?: number;
  totalTracks?: number;
  name?: string;
  priority?: number;
  /** Added to those that are known. */
  params?: Record<string, JsonValue>;
}

/** A track's values after the event; what is absent did not change. */
export interface TrackEntry {
  vertexId: number;
  state?: TrackState;
  attempt?: number;
  budgetFromAttempt?: number;
  lostAttempts?: number;
  awaits?: Awaited | null;
  gateDecision?: GateDecision | null;
  counts?: Partial<TrackView['counts']>;
  chosen?: readonly number[] | null;
  exitCode?: number | null;
  reason?: TrackReason | null;
  detail?: string | null;
  cancelRequested?: boolean;
  /** Of a claim. */
  runId?: string;
  worker?: string;
  /** Added to those that are known. */
  input?: Record<string, JsonValue>;
  childPipelineId?: number | null;
}

/** One ended attempt, without its times. */
export interface AttemptEntry {
  vertexId: number;
  attempt: number;
  runId: string;
  worker: string;
  result: AttemptEnd['result'];
  exitCode: number | null;
  signal: string | null;
  detail: string | null;
  durationMs: number;
  outputBytes: number;
  cutBytes: number;
}

export interface EventBody {
  /** What the person asked for, without values. */
  action?: Record<string, JsonValue>;
  pipeline?: PipelineEntry;
  tracks?: TrackEntry[];
  attempts?: AttemptEntry[];
  /** After all of the above: every other track that was WAITING or PENDING became CANCELLED for this reason; none awaits anybody. */
  cancelUnstarted?: NonNullable<Changes['cancelUnstarted']>;
  /** After all of the above: every RUNNING track is to be killed. */
  killRunning?: true;
}

export interface EventToWrite {
  pipelineId: number;
  kind: EventKind;
  /** Who did it: a token's name; null: the flow itself. */
  actor: string | null;
  /** Why, as the person says. */
  reason: string | null;
  /** Of a person's action: the same one again finds its event and is not done twice. */
  actionId: string | null;
  body: EventBody;
}

/** About 1 MiB: far below what any server takes as one value. */
const MAX_BODY_LENGTH = 1024 * 1024;
const MAX_STATEMENT_LENGTH = 4 * MAX_BODY_LENGTH;

/** Adds events to the histories of their pipelines, in order: one statement, unless they are very long. */
export async function insertEvents(runner: Runner, events: readonly EventToWrite[]): Promise<void> {
  let rows: unknown[][] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    const { places, values } = placeRows(rows, ['UTC_TIMESTAMP(6)']);
    await addWrite(runner, {
      sql: `INSERT INTO pipeline_event (pipeline_id, kind, actor, reason, action_id, body, at) VALUES ${places}`,
      values,
    });
    rows = [];
    length = 0;
  };
  for (const { pipelineId, kind, actor, reason, actionId, body } of events) {
    const bodies = splitBody(body);
    for (const [index, text] of bodies.entries()) {
      if (length + text.length > MAX_STATEMENT_LENGTH) await flush();
      const isLast = index === bodies.length - 1;
      rows.push([pipelineId, kind, actor, reason?.slice(0, MAX_DETAIL_LENGTH) ?? null, isLast ? actionId : null, text]);
      length += text.length;
    }
  }
  await flush();
}

/** Never as one text first: that of a large pipeline could be longer than a text can be. What comes after the tracks is last. */
function splitBody({ tracks = [], ...rest }: EventBody): string[] {
  const restText = toStoredJson(rest);
  const pieces: string[] = [];
  let entries: string[] = [];
  let length = restText.length;
  for (const track of tracks) {
    const text = toStoredJson(track);
    if (entries.length > 0 && length + text.length > MAX_BODY_LENGTH) {
      pieces.push(`{"tracks":[${entries.join()}]}`);
      entries = [];
      length = restText.length;
    }
    entries.push(text);
    length += text.length + 1;
  }
  if (entries.length === 0) return [restText];
  const start = restText === '{}' ? '{' : `${restText.slice(0, -1)},`;
  return [...pieces, `${start}"tracks":[${entries.join()}]}`];
}

export interface PipelineEvent {
  id: number;
  at: Date;
  kind: EventKind;
  actor: string | null;
  reason: string | null;
  body: EventBody;
}

/**
 * Reads a pipeline's history, oldest first.
 * @param page `after`: the id of the last event of the page before, 0 for the first; `withValues`: parameter values as they
 *   are, secrets among them; without it every value is null, its name is there
 * @returns `limit` events at most
 */
export async function findPipelineEvents(
  database: Database,
  pipelineId: number,
  page: { after: number; limit: number; withValues?: boolean },
): Promise<PipelineEvent[]> {
  const rows = await selectRows<Omit<PipelineEvent, 'body'> & { body: string }>(
    database.dataSource,
    `SELECT id, at, kind, actor, reason, body FROM pipeline_event FORCE INDEX (ix_pipeline_event_pipeline)
     WHERE pipeline_id = ? AND id > ? ORDER BY id LIMIT ?`,
    [pipelineId, page.after, page.limit],
  );
  return rows.map((row) => {
    const body = JSON.parse(row.body) as EventBody;
    return { ...row, body: page.withValues === true ? body : withoutValues(body) };
  });
}

function withoutValues(body: EventBody): EventBody {
  if (body.pipeline?.params !== undefined) body.pipeline.params = hideValues(body.pipeline.params);
  for (const track of body.tracks ?? []) if (track.input !== undefined) track.input = hideValues(track.input);
  return body;
}

function hideValues(values: Record<string, JsonValue>): Record<string, JsonValue> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, null]));
}
