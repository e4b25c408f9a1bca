import type { WorkerRecord } from '@baton/database';
import { DEFAULT_LABEL, labelsOf, servesLabels, type Finding } from '@baton/domain';
import { COMPLETION_QUEUE, readParked, trackQueueName, type Queue, type QueueFacts } from '@baton/queue';

/** A completion is applied within milliseconds as a rule. */
const LATE_MS = 30_000;
const NAMED = 3;

/** What is wrong with what is in the queues. @param queues the same as in `facts`, in their order */
export async function judgeQueues(facts: readonly QueueFacts[], queues: readonly Queue[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, { name, parked, isPaused, oldestMs }] of facts.entries()) {
    const queue = queues[index];
    if (parked > 0 && queue !== undefined) {
      const reasons = (await readParked(queue, NAMED)).map(({ id, why }) => `${id}: ${why.slice(0, 200)}`);
      findings.push({
        code: 'messages_parked',
        severity: 'warning',
        found: `${parked} entries of queue ${name} are parked, because nobody could take them; the latest: ${reasons.join('; ')}`,
        advice:
          'look at them at /queues; one of a newer version is taken again when it is sent again by an upgraded worker',
      });
    }
    if (isPaused) {
      findings.push({
        code: 'queue_paused',
        severity: 'error',
        found: `queue ${name} is paused: nothing of it is taken, and Baton never pauses a queue itself`,
        advice: 'resume it with the tool that paused it',
      });
    }
    if (name === COMPLETION_QUEUE && oldestMs !== null && oldestMs > LATE_MS) {
      findings.push({
        code: 'completions_late',
        severity: 'warning',
        found: `the oldest completion waits for an orchestrator for ${Math.round(oldestMs / 1000)} s`,
        advice: 'start more orchestrators, or see what keeps them: locks, a slow MySQL',
      });
    }
  }
  return findings;
}

/** @param facts null while Redis is away: then all label sets are named that nobody serves */
export function judgeLabels(
  labelSets: readonly string[],
  workers: readonly WorkerRecord[],
  facts: readonly QueueFacts[] | null,
): Finding[] {
  if (workers.length === 0) return [];
  const taking = workers.filter(({ isDraining }) => !isDraining);
  const unserved = labelSets.filter(
    (labelSet) => !taking.some(({ labels }) => servesLabels(labels, labelsOf(labelSet))),
  );
  return unserved.flatMap((labelSet): Finding[] => {
    const waiting = facts?.find(({ name }) => name === trackQueueName(labelSet))?.waiting ?? 0;
    if (labelSet === DEFAULT_LABEL && waiting === 0) return [];
    return [
      {
        code: 'labels_not_served',
        severity: waiting > 0 ? 'warning' : 'note',
        found: `no worker serves ${labelSet}${waiting > 0 ? `, and ${waiting} tracks wait for one` : ', which graphs ask for'}`,
        advice: `start a worker with BATON_LABELS=${labelsOf(labelSet).join(',')}`,
      },
    ];
  });
}
