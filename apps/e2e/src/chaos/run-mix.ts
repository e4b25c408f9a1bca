import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { selectRows } from '@baton/database';
import { createRandom } from '@baton/domain/testing';
import { connectRedis, waitForRedis } from '@baton/queue';
import { callApi } from '../testing/call-api.ts';
import { createCarefulClient, type CarefulClient } from './careful-client.ts';
import { makeChaosPlan, type ChaosPlan } from './chaos-graphs.ts';
import { startChaosStack, type ChaosStack } from './chaos-stack.ts';
import { drawFaultKind, type Fault, type FaultScene } from './faults.ts';
import { findLiveRuns } from './find-live-runs.ts';
import { keepAlive } from './keep-alive.ts';
import type { InjectedFault } from './measure-recovery.ts';
import { endSchedules, startSchedules } from './mix-schedules.ts';
import { recordAnswers, type RecordedAnswer } from './record-answers.ts';
import { summarizeMix, type MixSummary } from './summarize-mix.ts';
import { sampleResources, type ResourceSample } from './watch-resources.ts';

/**
 * The random mix: pipelines are submitted all the time, faults are injected all the time, both in an order that the seed
 * decides; at the end everything is let go, must come to rest by itself, and is judged.
 */
export interface MixOptions {
  seed: number;
  minutes: number;
  pipelinesAtOnce?: number;
  /** Of the largest graph; 300 unless given. */
  maxTracks?: number;
  /** How many, of each kind at least two: one of them is never ended. */
  apis?: number;
  orchestrators?: number;
  workers?: number;
  /** The programs' bundles; the repository's unless given. */
  appsDirectory?: string;
  /** Told what happens. */
  report: (line: string) => void;
  /** Where everything is kept if something is wrong; the caller's. */
  keepIn: string;
}

/** What a mix leaves behind, apart from Baton. */
export interface MixRecord {
  options: MixOptions;
  plans: Map<string, ChaosPlan>;
  faults: InjectedFault[];
  answers: RecordedAnswer[];
  samples: ResourceSample[];
  failedStarts: readonly string[];
  /** Pipelines that were submitted, and when the first was. */
  submitted: number[];
  beganAtMs: number;
  /** Requests that an API refused although there is nothing wrong with them. */
  refusals: string[];
  /** All had ended in time. */
  isAtRest: boolean;
}

/**
 * At least one fault every 5 s, on a busy machine too: neither a fault that lasts nor a trap that nobody runs into keeps the
 * next from coming.
 */
const FAULT_EVERY_MS = { least: 1500, more: 1000 };
const AFTER_TRAP_MS = 200;
const SAMPLE_MS = 10_000;
/** Longer than any fault, lease or delay lasts: what has not gone on by then never will. */
const STANDSTILL_MS = 60_000;
const LEASE_MS = 5000;
const PLANS_PER_SEED = 100_000;
const SCHEDULES = 2;
/** Their pipelines come every minute: small ones. */
const MAX_SCHEDULED_TRACKS = 12;

export async function runMix(options: MixOptions): Promise<MixSummary> {
  const { apis = 2, orchestrators = 2, workers = 3, seed, appsDirectory } = options;
  await mkdir(options.keepIn, { recursive: true });
  const stack = await startChaosStack({
    apis: apis - 1,
    orchestrators: orchestrators - 1,
    workers: workers - 1,
    slots: 4,
    ownServers: true,
    ...(appsDirectory === undefined ? {} : { appsDirectory }),
  });
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'producer', () => {});
  try {
    await waitForRedis(redis, LEASE_MS);
    const random = createRandom(seed);
    const scene: FaultScene = { stack, redis, random, leaseMs: LEASE_MS, longLived: await addLongLived(stack) };
    const record = await runRecorded(scene, options);
    return await summarizeMix(scene, record);
  } finally {
    redis.disconnect();
    await stack.stop();
  }
}

/**
 * One process of each kind that is hurt like the others, but never ended: what a process leaks is only seen in a long life.
 * @returns their names
 */
async function addLongLived(stack: ChaosStack): Promise<ReadonlySet<string>> {
  const withoutCrashes = { BATON_CRASH_DIRECTORY: join(stack.directory, 'no-crashes') };
  const names = new Set<string>();
  for (const kind of ['api', 'orchestrator', 'worker'] as const) {
    names.add((await stack.addProcess(kind, withoutCrashes)).name);
  }
  return names;
}

async function runRecorded(scene: FaultScene, options: MixOptions): Promise<MixRecord> {
  const { stack, random } = scene;
  const record: MixRecord = {
    options,
    plans: new Map(),
    faults: [],
    answers: [],
    samples: [],
    submitted: [],
    failedStarts: [],
    refusals: [],
    beganAtMs: Date.now(),
    isAtRest: false,
  };
  const callers = stack.processes.flatMap(({ url }) => (url === undefined ? [] : [callApi(url, stack.token)]));
  const [mixing, resting] = [new AbortController(), new AbortController()];
  const apis = callers.map((caller) => recordAnswers(caller, record.answers));
  const client = createCarefulClient({ apis, watched: callers }, resting.signal);
  const keeper = keepAlive(stack, createRandom(random.below(2 ** 31)));
  const beganAt = performance.now();
  const sampling = sampleUntil(scene, { record, beganAt, signal: resting.signal });
  const answering = client.answerInbox();
  const scheduled = planSchedules(record, stack);
  const scheduling = startSchedules(client, scheduled, Date.now());
  const submitting = submitUntil(client, { record, stack, mixing: mixing.signal });
  const hurting = injectUntil(scene, record, mixing.signal);
  await sleep(options.minutes * 60_000);
  mixing.abort();
  options.report('no further faults and pipelines: waiting until all is at rest');
  await Promise.all([hurting, scheduling]);
  await endSchedules(client, scheduled, STANDSTILL_MS);
  record.isAtRest = await waitForRest(stack, submitting, options.report);
  resting.abort();
  await Promise.all([submitting, sampling, answering]);
  record.samples.push(await sampleResources(scene, beganAt));
  await keeper.stop();
  return { ...record, failedStarts: keeper.failedStarts };
}

function planSchedules({ options, plans }: MixRecord, stack: ChaosStack): ChaosPlan[] {
  const { seed, maxTracks = MAX_SCHEDULED_TRACKS } = options;
  const limits = {
    journalPath: join(stack.directory, 'journal'),
    maxTracks: Math.min(maxTracks, MAX_SCHEDULED_TRACKS),
  };
  return Array.from({ length: SCHEDULES }, (_, index) => {
    const plan = makeChaosPlan((seed + 1) * PLANS_PER_SEED - 1 - index, limits);
    keepPlan(plans, plan);
    return plan;
  });
}

function keepPlan(plans: Map<string, ChaosPlan>, plan: ChaosPlan): void {
  for (const one of [plan, ...plan.children]) plans.set(one.name, one);
}

async function sampleUntil(
  scene: FaultScene,
  { record, beganAt, signal }: { record: MixRecord; beganAt: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    record.samples.push(await sampleResources(scene, beganAt));
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {}); // the mix is over
  }
}

/** So many pipelines at once: where one ends, the next begins. */
async function submitUntil(
  client: CarefulClient,
  { record, stack, mixing }: { record: MixRecord; stack: ChaosStack; mixing: AbortSignal },
): Promise<void> {
  const { seed, pipelinesAtOnce = 12, maxTracks } = record.options;
  const journalPath = join(stack.directory, 'journal');
  let next = 0;
  const work = async (): Promise<void> => {
    while (!mixing.aborted) {
      const limits = maxTracks === undefined ? {} : { maxTracks };
      const plan = makeChaosPlan(seed * PLANS_PER_SEED + next++, { journalPath, ...limits });
      keepPlan(record.plans, plan);
      try {
        const id = await client.submit(plan);
        record.submitted.push(id);
        await client.follow(id);
      } catch (error) {
        record.refusals.push(`${plan.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: pipelinesAtOnce }, work));
}

/** Draws faults in an order that the seed decides. One whose target is hurt already is passed over for the next. */
async function injectUntil(scene: FaultScene, record: MixRecord, signal: AbortSignal): Promise<void> {
  const { random } = scene;
  const hurt = new Set<string>();
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    const kind = drawFaultKind(random);
    const fault = kind.prepare(scene);
    const pauseMs = FAULT_EVERY_MS.least + random.below(FAULT_EVERY_MS.more);
    const waitMs = kind.isTrap === true ? AFTER_TRAP_MS : pauseMs;
    if (fault === null || hurt.has(fault.target)) continue;
    hurt.add(fault.target);
    const done = injectFault(fault, { kind: kind.name, recovery: kind.recovery, record }).finally(() => {
      hurt.delete(fault.target);
      underWay.delete(done);
    });
    underWay.add(done);
    await sleep(waitMs, undefined, { signal }).catch(() => {}); // the mix is over
  }
  await Promise.all(underWay);
}

async function injectFault(
  fault: Fault,
  { kind, recovery, record }: { kind: string; recovery: InjectedFault['recovery']; record: MixRecord },
): Promise<void> {
  const pid = fault.process?.pid ?? null;
  let injected: InjectedFault | undefined;
  const began = (): void => {
    const moment = { atMs: Date.now(), endedAtMs: null, error: null, mayLose: fault.mayLose };
    record.faults.push((injected = { kind, recovery, target: fault.target, pid, ...moment }));
    record.options.report(`${((Date.now() - record.beganAtMs) / 1000).toFixed(1)} s: ${kind} (${fault.target})`);
  };
  try {
    await fault.inject(began);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    record.options.report(`${kind} (${fault.target}) could not be done: ${message.slice(0, 200)}`);
    if (injected !== undefined) injected.error = message;
  }
  if (injected !== undefined) injected.endedAtMs = Date.now();
}

/**
 * Waits as long as anything goes on.
 * @returns whether every pipeline ended, every track with it, and no script runs any more
 */
async function waitForRest(
  stack: ChaosStack,
  submitting: Promise<void>,
  report: (line: string) => void,
): Promise<boolean> {
  const submitted = submitting.then(() => true);
  let last = { open: -1, events: -1 };
  let movedAt = performance.now();
  while (performance.now() < movedAt + STANDSTILL_MS) {
    const areAnswered = await Promise.race([submitted, sleep(500).then(() => false)]);
    const now = await countOpen(stack).catch(() => last); // MariaDB is coming up
    if (now.events !== last.events) movedAt = performance.now();
    last = now;
    if (!areAnswered || now.open > 0) continue;
    const alive = await findLiveRuns(join(stack.directory, 'journal'));
    if (alive.length === 0) return true;
  }
  report(`nothing has changed for ${STANDSTILL_MS / 1000} s, and ${last.open} tracks and pipelines are open`);
  return false;
}

async function countOpen({ database }: ChaosStack): Promise<{ open: number; events: number }> {
  const [row] = await selectRows<{ open: number; events: number }>(
    database.dataSource,
    `SELECT (SELECT COUNT(*) FROM track WHERE state IN ('WAITING', 'PENDING', 'RUNNING')) +
       (SELECT COUNT(*) FROM pipeline WHERE finished_at IS NULL) AS open,
       (SELECT COALESCE(MAX(id), 0) FROM pipeline_event) AS events`,
  );
  return { open: Number(row?.open ?? 0), events: Number(row?.events ?? 0) };
}
