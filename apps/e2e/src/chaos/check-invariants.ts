import type { Database } from '@baton/database';
import type { Evidence, Violation } from './evidence.ts';
import { judgeChildren } from './judge-children.ts';
import { judgeAcceptance, judgeFinality, judgeGaps, judgeOutcomes, judgeRepairs } from './judge-ends.ts';
import { judgeSchedules } from './judge-schedules.ts';
import { judgeLateStarts, judgeLeftovers, judgeOrder, judgeSingleStarts } from './judge-starts.ts';
import { judgeLosses, judgeStates } from './judge-states.ts';
import { readNames } from './read-names.ts';
import { readRows } from './read-rows.ts';
import { replayHistory } from './replay-history.ts';

/**
 * The oracle of the fault matrix. It believes what scripts wrote, what callers were answered and what the reference says;
 * the rows of the database are what it judges. To be asked when all is at rest.
 * @returns every violation of I1 to I9, in words; empty where all hold
 */
export async function checkInvariants({
  database,
  ...evidence
}: Omit<Evidence, 'rows'> & { database: Database }): Promise<Violation[]> {
  return judgeEvidence({ ...evidence, rows: await readRows(database) });
}

export function judgeEvidence(evidence: Evidence): Violation[] {
  const history = replayHistory(evidence.rows);
  const names = readNames(evidence);
  return [
    ...judgeAcceptance(evidence, names),
    ...judgeSchedules(evidence),
    ...judgeSingleStarts(evidence, history, names),
    ...judgeOrder(evidence, history, names),
    ...judgeStates(evidence, names).violations,
    ...judgeLosses(evidence),
    ...judgeFinality(evidence, history, names),
    ...judgeOutcomes(evidence, history, names),
    ...judgeGaps(evidence, history, names),
    ...judgeChildren(evidence, history, names),
    ...judgeLateStarts(evidence, history, names),
    ...judgeLeftovers(evidence),
    ...judgeRepairs(evidence),
  ];
}
