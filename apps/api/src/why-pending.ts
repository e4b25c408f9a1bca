import {
  findTrack,
  limitsOf,
  poolNameOf,
  runsPipeline,
  type GraphVertex,
  type LimitHolder,
  type WhyTrack,
  type WorkerRecord,
} from '@baton/database';
import { missingParameters, wantedLabels } from '@baton/domain';
import { describeGate } from './show-decision.ts';
import { vertexOf } from './show-track.ts';
import type { Blocker, BlockerOf } from './why-blockers.ts';
import { servingWorkers, type WhyPipeline, type WhySources } from './why-sources.ts';
import { byWhom, count, list, moment, toIso } from './words.ts';

/** A track with what it belongs to. */
export interface WhySubject extends WhyPipeline {
  track: WhyTrack;
  vertex: GraphVertex;
}

/** All that holds a PENDING track, in any order. */
export async function explainPending(sources: WhySources, subject: WhySubject): Promise<Blocker[]> {
  const { track, pipeline } = subject;
  const blockers: Blocker[] = [];
  if (track.awaits === 'params') blockers.push(await explainParams(sources, subject));
  if (track.awaits === 'approval') blockers.push(explainApproval(subject));
  if (pipeline.state === 'PAUSED') blockers.push(await explainPause(sources, pipeline.id));
  if (track.awaits !== null) return blockers;
  if (!runsPipeline(subject.vertex)) blockers.push(...explainMissingWorker(await sources.workers(), subject.vertex));
  if (track.isDelayed) blockers.push(explainRetry(track));
  if (track.waitsFor !== null && track.isLimited) blockers.push(await explainLimit(sources, subject, track.waitsFor));
  else if (!track.isDelayed && pipeline.state === 'RUNNING') blockers.push(await explainQueue(sources, subject));
  return blockers;
}

async function explainParams({ deps }: WhySources, { track, vertex }: WhySubject): Promise<BlockerOf<'params'>> {
  // The values are read here alone: they may be long.
  const input = (await findTrack(deps.database, track.id))?.input ?? {};
  const names = missingParameters(vertex, input);
  const sentence = `waits for a person to give ${list(names)} since ${moment(track.pendingAt)}`;
  return { kind: 'params', sentence, names, since: toIso(track.pendingAt) };
}

function explainApproval({ track, vertex }: WhySubject): BlockerOf<'approval'> {
  const gate = describeGate(vertex, track);
  if (gate === null) throw new Error(`track ${track.id} awaits approval, and its vertex has no gate`);
  const { message, approvers, onExpiry, expiresAt } = gate;
  const who = approvers.length === 0 ? 'whoever may operate' : list(approvers);
  const end =
    expiresAt === null
      ? ''
      : `; it is ${onExpiry === 'approve' ? 'approved' : 'rejected'} by itself at ${moment(track.expiresAt)}`;
  const sentence = `waits for the approval of ${who} since ${moment(track.pendingAt)}${end}`;
  return { kind: 'approval', sentence, message, approvers, since: toIso(track.pendingAt), expiresAt, onExpiry };
}

export async function explainPause(sources: WhySources, pipelineId: number): Promise<BlockerOf<'paused'>> {
  const pause = await sources.pauseOf(pipelineId);
  const since = pause === null ? '' : ` since ${moment(pause.at)}`;
  const sentence = `pipeline ${pipelineId} is paused${byWhom(pause)}${since}: nothing of it starts`;
  return {
    kind: 'paused',
    sentence,
    by: pause?.actor ?? null,
    reason: pause?.reason ?? null,
    since: toIso(pause?.at ?? null),
  };
}

/** So many of the workers that do not serve it are shown. */
const SHOWN_WORKERS = 20;

export function explainMissingWorker(workers: readonly WorkerRecord[], vertex: GraphVertex): BlockerOf<'no_worker'>[] {
  const labels = [...wantedLabels(vertex.policies.labels)];
  if (servingWorkers(workers, labels).length > 0) return [];
  const lacking = workers.slice(0, SHOWN_WORKERS).map(({ id, name, labels: served, isDraining, problem }) => {
    return { id, name, labels: served, lacks: labels.filter((label) => !served.includes(label)), isDraining, problem };
  });
  const alive = workers.length === 0 ? 'no worker is alive' : `of ${count(workers.length, 'worker')} none does`;
  const each = lacking.map(({ name, lacks, isDraining, problem }) => {
    const reasons = [
      ...(lacks.length > 0 ? [`lacks ${lacks.join(', ')}`] : []),
      ...(isDraining ? ['is draining'] : []),
      ...(problem === null ? [] : [`takes nothing: ${problem}`]),
    ];
    return `${name} ${reasons.join(' and ')}`;
  });
  const details = each.length === 0 ? '' : ` (${list(each)})`;
  const sentence = `needs a worker that serves ${labels.join(', ')}: ${alive}${details}`;
  return [{ kind: 'no_worker', sentence, labels, workers: lacking }];
}

function explainRetry(track: WhyTrack): BlockerOf<'retry'> {
  const at = track.notBefore ?? new Date(0); // isDelayed says that there is one
  const sentence = `attempt ${track.attempt} starts not before ${moment(at)}`;
  return { kind: 'retry', sentence, attempt: track.attempt, at: at.toISOString() };
}

async function explainLimit(sources: WhySources, subject: WhySubject, key: string): Promise<BlockerOf<'limit'>> {
  const { track, vertex, graph, pipeline } = subject;
  const status = await sources.limitOf(key);
  const own = limitsOf(graph, vertex, pipeline.id).find((limit) => limit.key === key)?.capacity;
  const capacity = own ?? status.capacity ?? 0;
  const holders = await Promise.all(status.holders.map((holder) => nameHolder(sources, holder)));
  const { running, waiting } = status;
  const named = list(
    holders.map((holder) => `${holder.vertex} of pipeline ${holder.pipelineId}`),
    3,
  );
  const pool = poolNameOf(key);
  const facts = describeFullness({ ...status, capacity, isMissing: pool !== null && status.capacity === null }, named);
  const sentence = `waits for ${nameLimit(key, subject)}: ${facts}; ${count(waiting, 'track')} wait${waiting === 1 ? 's' : ''} for it`;
  return { kind: 'limit', sentence, key, capacity, running, waiting, holders, since: toIso(track.waitsSince) };
}

function describeFullness(
  { capacity, running, isMissing }: { capacity: number; running: number; isMissing: boolean },
  holders: string,
): string {
  if (isMissing) return 'nobody has made this pool';
  if (capacity === 0) return 'it is closed';
  return `${running} of ${count(capacity, 'place')} taken${holders === '' ? '' : `, by ${holders}`}`;
}

async function nameHolder(sources: WhySources, holder: LimitHolder): Promise<BlockerOf<'limit'>['holders'][number]> {
  const { trackId, pipelineId, pipeline, startedAt } = holder;
  const { graph } = await sources.pipelineOf(pipelineId);
  const vertex = vertexOf(graph, holder).name;
  return { trackId, vertex, pipelineId, pipeline, since: startedAt.toISOString() };
}

/** A limit's key in words. */
export function nameLimit(key: string, { graph, vertex }: Pick<WhySubject, 'graph' | 'vertex'>): string {
  const pool = poolNameOf(key);
  if (pool !== null) return `pool ${pool}`;
  if (key.startsWith('graph:')) return `the limit of graph ${graph.graph}`;
  if (key.startsWith('map:')) return 'the concurrency of its map';
  return `the limit of vertex ${graph.map === undefined ? vertex.name : vertexOf(graph.map.of, graph.map).name}`;
}

async function explainQueue(
  sources: WhySources,
  { track, vertex }: WhySubject,
): Promise<BlockerOf<'queue'> | BlockerOf<'not_queued'>> {
  const place = track.dispatchSeq === 0 ? null : await sources.placeOf(track, vertex);
  if (place === null || place.kind === 'absent') return explainNotQueued(sources, track);
  const isChild = runsPipeline(vertex);
  const labels = isChild ? [] : [...wantedLabels(vertex.policies.labels)];
  const serving = isChild ? [] : servingWorkers(await sources.workers(), labels);
  const slots = serving.reduce((sum, worker) => sum + worker.slots, 0);
  const taken = serving.reduce((sum, { running, slots: most }) => sum + Math.min(running.length, most), 0);
  const freeSlots = slots - taken;
  const facts = { labels, slots, freeSlots, since: toIso(track.pendingAt) };
  const who = isChild ? 'an orchestrator' : 'a worker';
  if (place.kind === 'taken') {
    const sentence = `${who} has taken it from the queue and is starting it`;
    return { kind: 'queue', sentence, position: null, length: null, before: [], ...facts };
  }
  const { position, length, before } = place;
  const free = isChild ? '' : `; ${freeSlots} of ${count(slots, 'slot')} of ${count(serving.length, 'worker')} free`;
  const sentence = `waits in the queue for ${who}: place ${position} of ${length}${free}`;
  return { kind: 'queue', sentence, position, length, before, ...facts };
}

function explainNotQueued({ deps }: WhySources, track: WhyTrack): BlockerOf<'not_queued'> {
  const isRedisReady = deps.isRedisReady();
  const then = `the reconcile loop enqueues it at ${moment(track.dueAt)}`;
  const sentence = isRedisReady
    ? `may run, and is not in its queue: ${then}`
    : `may run, but Redis is away: ${then} or as soon as Redis is back`;
  return { kind: 'not_queued', sentence, enqueuedAt: toIso(track.dueAt), isRedisReady };
}
