import { judgeClock, type ProcessRecord, type WorkerRecord } from '@baton/database';
import { judgeReconcile, type Finding } from '@baton/domain';
import { readCounterKey, type CounterName } from '@baton/service';
import { list } from '../words.ts';

/** Completions on a worker's disk for longer than this are not on their way any more. */
const KEPT_MS = 60_000;

/** What is wrong with processes, and between them. @param processes those of the last day, living and gone */
export function judgeProcesses(processes: readonly ProcessRecord[], workers: readonly WorkerRecord[]): Finding[] {
  const alive = processes.filter(({ isAlive }) => isAlive);
  return [
    ...judgePresence(alive, workers),
    ...judgeVersions(alive),
    ...judgeTimes(alive),
    ...alive.flatMap((one) => judgeClock(`${one.kind} ${one.id} on ${one.host}`, one.clockSkewMs)),
    ...judgeIsolation(workers),
    ...judgeKept(alive, workers),
    ...judgeCounts(processes),
  ];
}

function judgePresence(alive: readonly ProcessRecord[], workers: readonly WorkerRecord[]): Finding[] {
  const findings: Finding[] = [];
  if (!alive.some(({ kind }) => kind === 'orchestrator')) {
    findings.push({
      code: 'no_orchestrator',
      severity: 'error',
      found: 'no orchestrator is alive: what ends leads to nothing, and nothing is repaired',
      advice: 'start one, or see why those that run cannot reach MySQL',
    });
  }
  if (workers.length === 0) {
    findings.push({
      code: 'no_worker',
      severity: 'error',
      found: 'no worker is alive: nothing can run',
      advice: 'start one, or see why those that run cannot reach an API',
    });
  }
  return findings;
}

function judgeVersions(alive: readonly ProcessRecord[]): Finding[] {
  const versions = [...new Set(alive.map(({ softwareVersion }) => softwareVersion))].toSorted();
  if (versions.length < 2) return [];
  const of = (version: string): string => {
    const names = alive.filter(({ softwareVersion }) => softwareVersion === version).map(({ kind }) => kind);
    return `${version} (${[...new Set(names)].join(', ')})`;
  };
  return [
    {
      code: 'mixed_versions',
      severity: 'warning',
      found: `processes of several versions run: ${versions.map(of).join('; ')}`,
      advice: 'right during an upgrade; otherwise restart those of the older one',
    },
  ];
}

function judgeTimes(alive: readonly ProcessRecord[]): Finding[] {
  const numbers = (kind: ProcessRecord['kind'], name: string): number[] =>
    alive.flatMap((one) => {
      const value = one.kind === kind ? one.settings[name] : undefined;
      return typeof value === 'number' ? [value] : [];
    });
  const leases = [...new Set(numbers('api', 'leaseMs'))].toSorted((a, b) => a - b);
  const findings: Finding[] = [];
  if (leases.length > 1) {
    findings.push({
      code: 'leases_differ',
      severity: 'warning',
      found: `APIs give leases of ${leases.join(' and ')} ms: how soon a lost worker is noticed depends on which of them it asked`,
      advice: 'set BATON_LEASE_MS and BATON_HEARTBEAT_MS to the same for all APIs',
    });
  }
  const slowest = Math.max(0, ...numbers('orchestrator', 'reconcileMs'));
  if (leases.length > 0) findings.push(...judgeReconcile(slowest, leases));
  return findings;
}

function judgeIsolation(workers: readonly WorkerRecord[]): Finding[] {
  const weak = workers.filter(({ isolationLevel }) => isolationLevel === 'process-group');
  if (weak.length === 0) return [];
  return [
    {
      code: 'weak_isolation',
      severity: 'warning',
      found: `workers run scripts in process groups: ${namesOf(weak)}; a script sees other processes of its user, the worker's token among them`,
      advice: 'allow them namespaces (docs/deployment.md), and do without BATON_ISOLATION=process-group',
    },
  ];
}

function judgeKept(alive: readonly ProcessRecord[], workers: readonly WorkerRecord[]): Finding[] {
  const late = alive.filter(
    ({ settings: { oldestKeptMs } }) => typeof oldestKeptMs === 'number' && oldestKeptMs > KEPT_MS,
  );
  return late.map(({ id, host, settings: { kept, oldestKeptMs } }) => ({
    code: 'completions_kept',
    severity: 'warning',
    found: `worker ${workers.find((worker) => worker.id === id)?.name ?? id} on ${host} has kept ${kept} completions, the oldest for ${Math.round(Number(oldestKeptMs) / 1000)} s, that nobody has applied`,
    advice:
      'see that an orchestrator runs and that the worker reaches Redis and the API; what it keeps is sent again until it is applied',
  }));
}

function namesOf(workers: readonly WorkerRecord[]): string {
  return list(workers.map(({ name, host }) => `${name} on ${host}`));
}

function judgeCounts(processes: readonly ProcessRecord[]): Finding[] {
  const repairs = sumOf(processes, 'repairs');
  const unknown = sumOf(processes, 'unknown_completions');
  const renewed = sumOf(processes, 'renewed_consumers') + sumOf(processes, 'renewed_connections');
  const findings: Finding[] = [];
  if (repairs > 0) {
    findings.push({
      code: 'repairs_made',
      severity: 'error',
      found: `orchestrators of the last day have mended ${repairs} things that stood still; a correct system has none`,
      advice: 'report this, with the lines "repaired" of their logs and `baton history PIPELINE` of those pipelines',
    });
  }
  if (unknown > 0) {
    findings.push({
      code: 'unknown_completions_seen',
      severity: 'warning',
      found: `${unknown} completions of the last day were of pipelines or vertices that do not exist`,
      advice:
        'right after an older backup was restored; otherwise see that no other installation uses the same Redis and prefix',
    });
  }
  if (renewed > 0) {
    findings.push({
      code: 'consumers_renewed',
      severity: 'note',
      found: `${renewed} consumers or connections of the last day stood still and were made anew`,
      advice: 'see what cuts connections to Redis without a word, such as a firewall that forgets idle ones',
    });
  }
  return findings;
}

function sumOf(processes: readonly ProcessRecord[], name: CounterName): number {
  let sum = 0;
  for (const { counters } of processes) {
    for (const [key, count] of Object.entries(counters)) if (readCounterKey(key)?.name === name) sum += count;
  }
  return sum;
}
