import { findAwaiting, findStarters, loadFlowGraph, type AwaitingTrack, type Database } from '@baton/database';
import { AWAITED, missingParameters, TRACK_STATES, type Awaited, type ParameterDeclarations } from '@baton/domain';
import { z } from 'zod';
import { allows, ANYBODY, type Identity } from './auth/scopes.ts';
import { findObjection } from './decide-gate.ts';
import { choiceSchema, declarationsSchema, describeChoice, maskDefaults, type ChoiceDetails } from './show-decision.ts';
import { vertexOf } from './show-track.ts';

export const inboxItemSchema = z
  .strictObject({
    trackId: z.int(),
    vertex: z.string(),
    pipelineId: z.int(),
    pipeline: z.string().describe("the pipeline's name"),
    graph: z.string().describe("the graph's name"),
    createdBy: z.string().describe('who started the pipeline'),
    kind: z.enum(AWAITED).describe('what has to be given'),
    state: z.enum(TRACK_STATES),
    attempt: z.int(),
    exitCode: z.int().nullable(),
    reason: z.string().nullable().describe('of a decision: why the track ended so'),
    detail: z.string().nullable(),
    since: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable().describe('its gate ends then, with its default'),
    message: z.string().nullable().describe('what the approver is asked'),
    approvers: z
      .array(z.string())
      .describe('who may decide: `token:<name>` or `role:<name>`; empty: every token with the scope operate'),
    me: z.boolean().describe('whether the token of this call may decide'),
    form: declarationsSchema.describe('what has to be filled in, for params and approval'),
    choice: choiceSchema.nullable().describe('what may be chosen, for choice'),
  })
  .meta({ id: 'InboxItem' });

export type InboxItem = z.output<typeof inboxItemSchema>;

export interface InboxFilter {
  /** Empty: every kind. */
  kinds: readonly Awaited[];
  /** Only what the caller may decide. */
  isMine: boolean;
  afterId: number;
  limit: number;
}

/** `starters`: by whose doing the pipeline runs, where the gate asks for it. */
type InboxTrack = AwaitingTrack & { starters: ReadonlySet<string> | undefined };

/** With a filter that only this process can check, so many rows are read for one page at most. */
const MAX_READ = 2000;
const READ_AT_ONCE = 200;

/**
 * What awaits persons, the oldest pipelines first.
 * @returns `limit` items at most; fewer do not mean the end: that says `nextCursor`, null
 */
export async function showInbox(
  database: Database,
  identity: Identity,
  filter: InboxFilter,
): Promise<{ items: InboxItem[]; nextCursor: string | null }> {
  const kinds = filter.kinds.length === 0 ? AWAITED : filter.kinds;
  const limit = filter.isMine ? READ_AT_ONCE : filter.limit + 1;
  const found: InboxTrack[] = [];
  let { afterId } = filter;
  for (let read = 0; read < MAX_READ; read += READ_AT_ONCE) {
    const rows = await findAwaiting(database, { kinds, afterId, limit });
    const asking = rows.filter((row) => gateOf(row)?.forbidSelfApproval === true);
    const starters = await findStarters(
      database,
      asking.map(({ pipelineId }) => pipelineId),
    );
    for (const track of rows) {
      const row = { ...track, starters: starters.get(track.pipelineId) };
      if (filter.isMine && !mayDecide(row, identity)) continue;
      found.push(row);
      if (found.length > filter.limit) return showPage(database, identity, { found, limit: filter.limit });
    }
    afterId = rows.at(-1)?.id ?? afterId;
    if (rows.length === 0) return showPage(database, identity, { found, limit: filter.limit });
  }
  const { items } = await showPage(database, identity, { found, limit: filter.limit });
  return { items, nextCursor: String(afterId) };
}

async function showPage(
  database: Database,
  identity: Identity,
  { found, limit }: { found: readonly InboxTrack[]; limit: number },
): Promise<{ items: InboxItem[]; nextCursor: string | null }> {
  const shown = found.slice(0, limit);
  const items: InboxItem[] = [];
  for (const track of shown) items.push(describeItem(track, identity, await choiceOf(database, track)));
  const last = shown.at(-1);
  return { items, nextCursor: found.length > limit && last !== undefined ? String(last.id) : null };
}

async function choiceOf(database: Database, track: AwaitingTrack): Promise<ChoiceDetails | null> {
  if (track.awaits !== 'choice') return null;
  const graph = await loadFlowGraph(database.dataSource, database, track.versionId);
  return describeChoice(graph, vertexOf(graph, track));
}

function describeItem(track: InboxTrack, identity: Identity, choice: ChoiceDetails | null): InboxItem {
  const { awaits, vertex, pipelineId, pipeline, graph, createdBy, state, attempt, exitCode, reason, detail } = track;
  const gate = gateOf(track);
  const hasEnded = awaits === 'choice' || awaits === 'decision';
  return {
    trackId: track.id,
    vertex,
    pipelineId,
    pipeline,
    graph,
    createdBy,
    kind: awaits,
    state,
    attempt,
    exitCode,
    reason,
    detail,
    since: (hasEnded ? track.finishedAt : track.pendingAt)?.toISOString() ?? null,
    expiresAt: gate === null ? null : (track.expiresAt?.toISOString() ?? null),
    message: gate?.message ?? null,
    approvers: gate?.approvers ?? [],
    me: mayDecide(track, identity),
    form: maskDefaults(gate === null ? missingOf(track) : gate.form),
    choice,
  };
}

/** The gate that it stands before. */
function gateOf({ awaits, policies }: AwaitingTrack): AwaitingTrack['policies']['gate'] {
  return awaits === 'approval' ? policies.gate : null;
}

function mayDecide(track: InboxTrack, identity: Identity): boolean {
  if (track.awaits === 'approval') return findObjection(track.policies.gate, identity, track.starters) === null;
  return identity.tokenId === ANYBODY.tokenId || allows(identity.scopes, 'operate');
}

/** The parameters that a held track lacks. */
function missingOf({ awaits, vertex: name, declarations, policies, input }: AwaitingTrack): ParameterDeclarations {
  if (awaits !== 'params') return {};
  const missing = new Set(missingParameters({ name, input: declarations, policies }, input));
  return Object.fromEntries(Object.entries(declarations).filter(([declared]) => missing.has(declared)));
}
