import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeEvidence } from './check-invariants.ts';
import type { Evidence, Violation } from './evidence.ts';
import type { FaultScene } from './faults.ts';
import { findLiveRuns } from './find-live-runs.ts';
import { readJournal } from './journal.ts';
import { judgeStates } from './judge-states.ts';
import { measureRecovery, percentile } from './measure-recovery.ts';
import { readLogs, type LogCounts } from './read-logs.ts';
import { readNames } from './read-names.ts';
import { readRows, TRACK_ID_STEP } from './read-rows.ts';
import type { MixRecord } from './run-mix.ts';
import { findSlopes, findTableGrowth, type Slope, type TableGrowth } from './find-slopes.ts';
import { renderReport } from './render-report.ts';

/** What a mix has shown. Times in ms. */
export interface MixSummary {
  seed: number;
  minutes: number;
  violations: Violation[];
  /** Fatal as well: refused requests, processes that crashed by themselves, a rest that never came. */
  troubles: string[];
  faults: { kind: string; count: number; failed: number }[];
  longestWithoutFaultMs: number;
  pipelines: {
    submitted: number;
    /** Run by tracks, of another graph or for the items of a list. */
    children: number;
    scheduled: number;
    total: number;
    byState: Record<string, number>;
    byPolicy: Record<string, number>;
    compared: number;
    unjudged: number;
  };
  tracks: { total: number; least: number; most: number; byState: Record<string, number> };
  attempts: { total: number; byResult: Record<string, number>; journalStarts: number };
  /** Claims of attempts that another run made: the queue had delivered them twice. */
  duplicateDeliveries: number;
  duplicateStarts: number;
  lost: number;
  stuck: number;
  recovery: { kind: string; samples: number; p50: number | null; p95: number | null; max: number | null }[];
  repairs: Record<string, number>;
  answers: Record<string, number>;
  slopes: Slope[];
  tables: TableGrowth[];
  failedStarts: number;
}

/** Repairs and what else the reconcile loop and the queues had to do, by the events of the logs. */
const REPAIRS = [
  'enqueued_again',
  'redis_was_empty',
  'leases_expired',
  'repaired',
  'limit_waiters_woken',
  'stale_completions',
  'spool_replayed',
  'completion_parked',
  'entry_parked',
];

/** Judges a mix that is over, writes its report, and keeps everything where something is wrong. */
export async function summarizeMix(scene: FaultScene, record: MixRecord): Promise<MixSummary> {
  const { directory, database } = scene.stack;
  const { keepIn, seed, minutes } = record.options;
  const [journalPath, logs] = [join(directory, 'journal'), join(directory, 'stack', 'logs')];
  const counts = await readLogs(logs);
  const evidence: Evidence = {
    journal: await readJournal(journalPath),
    answers: record.answers,
    rows: await readRows(database),
    plans: new Map([...record.plans].map(([name, { scenario }]) => [name, scenario])),
    aliveRunIds: await findLiveRuns(journalPath),
    repairs: counts.events['repaired'] ?? 0,
    faults: record.faults,
    workerNames: counts.workerNames,
  };
  const violations = judgeEvidence(evidence);
  const recovery = measureRecovery(record.faults, evidence, counts.workerIds);
  const summary: MixSummary = {
    seed,
    minutes,
    violations,
    troubles: findTroubles(record, counts.crashes),
    ...countFaults(record),
    ...countWork(record, evidence),
    duplicateDeliveries: countDuplicates(counts.refused, evidence.rows.attempts),
    duplicateStarts: violations.filter(({ invariant }) => invariant === 'I2').length,
    recovery: [...recovery].map(([kind, samples]) => ({
      kind,
      samples: samples.length,
      p50: percentile(samples, 0.5),
      p95: percentile(samples, 0.95),
      max: percentile(samples, 1),
    })),
    repairs: Object.fromEntries(REPAIRS.map((event) => [event, counts.events[event] ?? 0])),
    answers: countBy(record.answers, ({ status }) => String(status ?? 'no answer')),
    slopes: findSlopes(record.samples, minutes * 60),
    tables: findTableGrowth(record.samples, minutes * 60),
    failedStarts: record.failedStarts.length,
  };
  await writeFile(join(keepIn, 'report.md'), renderReport(summary));
  await writeFile(
    join(keepIn, 'report.json'),
    JSON.stringify({ ...summary, samples: record.samples, injected: record.faults }),
  );
  await cp(logs, join(keepIn, 'logs'), { recursive: true });
  if (violations.length > 0 || summary.troubles.length > 0) {
    await cp(journalPath, join(keepIn, 'journal'));
    await writeFile(join(keepIn, 'rows.json'), JSON.stringify(evidence.rows));
    await writeFile(join(keepIn, 'answers.json'), JSON.stringify(record.answers));
  }
  return summary;
}

/** What was cancelled in the queue is refused as well, and has no run. */
function countDuplicates(refused: LogCounts['refused'], attempts: Evidence['rows']['attempts']): number {
  const made = new Map(
    attempts.map(({ pipelineId, vertexId, attempt, runId }) => {
      return [`${pipelineId * TRACK_ID_STEP + vertexId} ${attempt}`, runId];
    }),
  );
  return refused.filter(({ trackId, attempt, runId }) => {
    const run = made.get(`${trackId} ${attempt}`);
    return run !== undefined && run !== runId;
  }).length;
}

function findTroubles(record: MixRecord, crashes: readonly string[]): string[] {
  return [
    ...(record.isAtRest ? [] : ['not everything came to rest in time']),
    ...record.refusals.map((refusal) => `refused: ${refusal}`),
    ...crashes.map((crash) => `crashed by itself: ${crash}`),
  ];
}

function countFaults({ faults, beganAtMs, options }: MixRecord): Pick<MixSummary, 'faults' | 'longestWithoutFaultMs'> {
  const kinds = Object.entries(countBy(faults, ({ kind }) => kind));
  const moments = [beganAtMs, ...faults.map(({ atMs }) => atMs), beganAtMs + options.minutes * 60_000];
  const pauses = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  return {
    faults: kinds.map(([kind, count]) => ({
      kind,
      count,
      failed: faults.filter((fault) => fault.kind === kind && fault.error !== null).length,
    })),
    longestWithoutFaultMs: pauses.reduce((most, pause) => Math.max(most, pause), 0),
  };
}

type Work = Pick<MixSummary, 'pipelines' | 'tracks' | 'attempts' | 'lost' | 'stuck'>;

function countWork(record: MixRecord, evidence: Evidence): Work {
  const { pipelines, tracks, attempts } = evidence.rows;
  const { compared, unjudged } = judgeStates(evidence, readNames(evidence));
  const own = new Set(pipelines.filter(({ parentTrackId }) => parentTrackId === null).map(({ id }) => id));
  const ownTracks = tracks.filter(({ pipelineId }) => own.has(pipelineId));
  const sizes = Object.values(countBy(ownTracks, ({ pipelineId }) => String(pipelineId)));
  // The items of a list have no policy of their own.
  const withPolicy = pipelines.filter(({ mapVertexId }) => mapVertexId === null);
  const known = new Set(pipelines.map(({ id }) => id));
  return {
    pipelines: {
      submitted: record.submitted.length,
      compared,
      unjudged,
      byState: countBy(pipelines, ({ state }) => state),
      total: pipelines.length,
      children: pipelines.length - own.size,
      scheduled: pipelines.filter(({ schedule }) => schedule !== null).length,
      byPolicy: countBy(withPolicy, ({ graph }) => record.plans.get(graph)?.scenario.onFailure ?? 'unknown'),
    },
    tracks: {
      total: tracks.length,
      least: Math.min(...sizes),
      most: Math.max(...sizes),
      byState: countBy(tracks, ({ state }) => state),
    },
    attempts: {
      total: attempts.length,
      byResult: countBy(attempts, ({ result }) => result),
      journalStarts: evidence.journal.filter(({ kind }) => kind === 'START').length,
    },
    lost: record.submitted.filter((id) => !known.has(id)).length,
    stuck: pipelines.filter(({ state }) => !['FINISH', 'FAILED', 'CANCELLED'].includes(state)).length,
  };
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
