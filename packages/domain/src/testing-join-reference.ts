/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import { JOIN_RULES, type JoinDecision, type JoinRule, type PredecessorOutcome } from './join-rules.ts';

/**
 * For tests: the meaning of the join rules, written down a second time and in another way. The table says what each rule
 * answers once every predecessor has ended; only the kinds of ends that occur matter, not how many there are of each.
 * What it answers earlier follows: the answer that all possible further ends agree on, else `wait`.
 */
const OUTCOME_LETTERS: Record<string, PredecessorOutcome> = {
  S: 'succeeded',
  F: 'failed',
  K: 'skipped',
  C: 'cancelled',
  N: 'notTaken',
};
export const OUTCOMES = Object.values(OUTCOME_LETTERS);

/** `r` run, `s` skip, `x` cancel; one column a rule, in the order of JOIN_RULES. */
const FINAL_DECISIONS = `
        all_success
        | all_failed
        | | all_done
        | | | all_done_min_one_success
        | | | | all_skipped
        | | | | | one_success
        | | | | | | one_failed
        | | | | | | | one_done
        | | | | | | | | none_failed
        | | | | | | | | | none_failed_min_one_success
        | | | | | | | | | | none_skipped
        | | | | | | | | | | | always
  S     r s r r s r s r r r r r
  F     x r r x s x r r x x r r
  K     s s r s r s s s r s s r
  C     x r r x s x r s x x r r
  N     s s s s s s s s s s s r
  SF    x s r r s r r r x x r r
  SK    s s r s s r s r r r s r
  SC    x s r r s r r r x x r r
  SN    s s s s s r s r s r s r
  FK    x s r s s x r r x x s r
  FC    x r r x s x r r x x r r
  FN    x s s s s x r r x x s r
  KC    x s r s s x r s x x s r
  KN    s s s s s s s s s s s r
  CN    x s s s s x r s x x s r
  SFK   x s r s s r r r x x s r
  SFC   x s r r s r r r x x r r
  SFN   x s s s s r r r x x s r
  SKC   x s r s s r r r x x s r
  SKN   s s s s s r s r s r s r
  SCN   x s s s s r r r x x s r
  FKC   x s r s s x r r x x s r
  FKN   x s s s s x r r x x s r
  FCN   x s s s s x r r x x s r
  KCN   x s s s s x r s x x s r
  SFKC  x s r s s r r r x x s r
  SFKN  x s s s s r r r x x s r
  SFCN  x s s s s r r r x x s r
  SKCN  x s s s s r r r x x s r
  FKCN  x s s s s x r r x x s r
  SFKCN x s s s s r r r x x s r
`;

const DECISION_LETTERS: Record<string, JoinDecision> = { r: 'run', s: 'skip', x: 'cancel' };

const FINAL = new Map<string, readonly JoinDecision[]>();
for (const line of FINAL_DECISIONS.split('\n')) {
  const [kinds, ...letters] = line.trim().split(/\s+/);
  if (kinds === undefined || letters.length !== JOIN_RULES.length || !/^[SFKCN]+$/.test(kinds)) continue;
  FINAL.set(
    kinds,
    letters.map((letter) => DECISION_LETTERS[letter] as JoinDecision),
  );
}

/** The kinds of ends that the table has a row for. */
export const FINAL_ROWS: readonly string[] = [...FINAL.keys()];

/**
 * @param outcomes of all predecessors; null: unfinished
 * @returns what the rule answers, from the table alone
 */
export function referenceDecision(rule: JoinRule, outcomes: readonly (PredecessorOutcome | null)[]): JoinDecision {
  if (outcomes.length === 0) return 'run';
  const ended = Object.keys(OUTCOME_LETTERS).filter((letter) => outcomes.includes(OUTCOME_LETTERS[letter] ?? null));
  const unfinished = outcomes.filter((outcome) => outcome === null).length;
  const answers = new Set<JoinDecision>();
  for (const [row, decisions] of FINAL) {
    const isPossible = ended.every((letter) => row.includes(letter)) && row.length - ended.length <= unfinished;
    if (isPossible) answers.add(decisions[JOIN_RULES.indexOf(rule)] as JoinDecision);
  }
  const [first] = answers;
  return answers.size === 1 ? (first as JoinDecision) : 'wait';
}
