import { pipelineIdOf, vertexIdOf, type JsonValue, type TrackToDispatch } from '@baton/domain';
import { scopeOf, type ClaimResult, type RunKey } from './claim-attempts.ts';
import { writeClaims } from './claim-rows.ts';
import { limitsOf } from './limit-keys.ts';
import type { LockedPipeline } from './load-transition-context.ts';
import { insertEvents, type EventToWrite, type TrackEntry } from './pipeline-events.ts';
import { inChunks, selectRows, type Runner } from './statements.ts';

/*
 * Hand-over: tracks that a transaction made PENDING are claimed in that same transaction, for workers that have offered places.
 * It is the claim of claim-attempts in all that matters: PENDING -> RUNNING under a run id that nobody else has, a lease, an
 * event. The rows are locked already, and nobody else can have seen them PENDING.
 *
 * What runs a pipeline of its own is an orchestrator's, and what has a limit asks for a place first: both go through their
 * queues as ever.
 */

/** A claim for a worker that has offered a place. */
export interface HandOver extends RunKey {
  workerId: string;
  leaseMs: number;
}

export interface HandOverPlan {
  /** Chooses among tracks that became ready. May be asked again for the same ones: the transaction is repeated after a deadlock. */
  choose(ready: readonly TrackToDispatch[]): Promise<readonly HandOver[]>;
  /** Told of what will be handed over, should the transaction be committed: for what takes time and changes nothing. */
  expect(handed: readonly HandedGrant[]): void;
}

/** A claim that was made for a worker. */
export type HandedGrant = GrantedRun & { workerId: string };

type GrantedRun = Extract<ClaimResult, { granted: true }>;

/** @returns what was claimed, and what is left to be enqueued */
export async function handOverReady(
  runner: Runner,
  locked: ReadonlyMap<number, LockedPipeline>,
  { ready, plan }: { ready: readonly TrackToDispatch[]; plan: HandOverPlan },
): Promise<{ handed: HandedGrant[]; left: TrackToDispatch[] }> {
  const chosen = await plan.choose(ready.filter((track) => mayBeHandedOver(track, locked.get(track.pipelineId))));
  if (chosen.length === 0) return { handed: [], left: [...ready] };
  for (const group of groupByWorker(chosen)) {
    const [{ workerId, leaseMs }] = group;
    await writeClaims(runner, { workerId, leaseMs }, group);
  }
  await insertEvents(runner, toEvents(chosen));
  // Last: with it all that was written goes to the server.
  const inputs = await readInputs(runner, chosen);
  const taken = new Set(chosen.map(({ trackId }) => trackId));
  const handed = chosen.flatMap((one) => describe(one, locked, inputs));
  plan.expect(handed);
  return {
    handed,
    left: ready.filter(({ trackId }) => !taken.has(trackId)),
  };
}

function mayBeHandedOver({ trackId, runsPipeline }: TrackToDispatch, locked: LockedPipeline | undefined): boolean {
  const vertex = locked?.graph.vertices.get(vertexIdOf(trackId));
  if (runsPipeline === true || locked === undefined || vertex === undefined) return false;
  return limitsOf(locked.graph, vertex, locked.pipeline.id).length === 0;
}

function groupByWorker(chosen: readonly HandOver[]): [HandOver, ...HandOver[]][] {
  const groups = new Map<string, [HandOver, ...HandOver[]]>();
  for (const one of chosen) {
    const group = groups.get(one.workerId);
    if (group === undefined) groups.set(one.workerId, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

async function readInputs(runner: Runner, chosen: readonly RunKey[]): Promise<Map<number, Record<string, JsonValue>>> {
  const inputs = new Map<number, Record<string, JsonValue>>();
  for (const chunk of inChunks(chosen)) {
    const sql = 'SELECT id, input FROM track WHERE id IN (?)';
    const ids = chunk.map(({ trackId }) => trackId);
    for (const { id, input } of await selectRows<{ id: number; input: string | null }>(runner, sql, [ids])) {
      inputs.set(id, input === null ? {} : (JSON.parse(input) as Record<string, JsonValue>));
    }
  }
  return inputs;
}

function toEvents(chosen: readonly HandOver[]): EventToWrite[] {
  const tracks = new Map<number, TrackEntry[]>();
  for (const { trackId, attempt, runId, workerId } of chosen) {
    const list = tracks.get(pipelineIdOf(trackId)) ?? [];
    list.push({ vertexId: vertexIdOf(trackId), state: 'RUNNING', attempt, runId, worker: workerId });
    tracks.set(pipelineIdOf(trackId), list);
  }
  const common = { kind: 'claim', actor: null, reason: null, actionId: null } as const;
  return [...tracks].map(([pipelineId, list]) => ({ ...common, pipelineId, body: { tracks: list } }));
}

function describe(
  { trackId, attempt, runId, workerId }: HandOver,
  locked: ReadonlyMap<number, LockedPipeline>,
  inputs: ReadonlyMap<number, Record<string, JsonValue>>,
): HandedGrant[] {
  const own = locked.get(pipelineIdOf(trackId));
  const vertex = own?.graph.vertices.get(vertexIdOf(trackId));
  if (own === undefined || vertex === undefined) return [];
  const { graph, pipeline } = own;
  return [
    {
      granted: true,
      trackId,
      attempt,
      runId,
      workerId,
      pipelineId: pipeline.id,
      pipeline: pipeline.name,
      graph,
      vertex,
      scope: scopeOf({ graph, pipeline, vertex }),
      waitedMs: 0,
      input: inputs.get(trackId) ?? {},
    },
  ];
}
