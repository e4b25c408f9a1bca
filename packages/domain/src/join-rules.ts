/**
 * When may a vertex run, given how its predecessors ended? Twelve rules with Airflow's meanings
 * (Airflow's trigger rules, `airflow/ti_deps/deps/trigger_rule_dep.py`), decided as early as a rule allows.
 *
 * Two promises that Airflow does not make:
 * - The decision never depends on the order in which predecessors end. Where a rule could answer `skip` now and `cancel`
 *   after one more end (all_success with a skipped and a failed predecessor), it waits until the answer is certain.
 *   A vertex that may run is never made to wait for this.
 * - A vertex that a choice did not name is SKIPPED, unless its rule has reason enough to run it from one other predecessor.
 *   The default rule has: SPEC says that ways which were not taken do not block it, so a choice can go the longer way round.
 */
export const JOIN_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
] as const;

export type JoinRule = (typeof JOIN_RULES)[number];

/** SPEC: where nothing is skipped this is "all predecessors SUCCEED"; ways that a choice did not take do not block. */
export const DEFAULT_JOIN_RULE: JoinRule = 'none_failed_min_one_success';

/** How many of a vertex's predecessors ended in which way. `total` is its in-degree; the rest is unfinished. */
export interface PredecessorCounts {
  total: number;
  /** SUCCEED, or FAILED with `allowFailure`. */
  succeeded: number;
  failed: number;
  /** SKIPPED predecessors. */
  skipped: number;
  /** CANCELLED predecessors; Airflow's upstream_failed. */
  cancelled: number;
  /** Predecessors that went on by other ways: a choice did not name this vertex, or an edge's condition was false. */
  notTaken: number;
}

export type JoinDecision = 'wait' | 'run' | 'skip' | 'cancel';

/** One predecessor's end as its successor counts it. */
export type PredecessorOutcome = Exclude<keyof PredecessorCounts, 'total'>;

/** What the counts say once it is known how many are left; `bad` is failed or cancelled, `out` skipped or not taken. */
interface Tally extends PredecessorCounts {
  done: number;
  bad: number;
  out: number;
  allDone: boolean;
}

type Rule = (tally: Tally) => JoinDecision;

const RULES: Record<JoinRule, Rule> = {
  always: () => 'run',
  one_success: (t) => (t.succeeded > 0 ? 'run' : atTheEnd(t, t.out === t.total ? 'skip' : 'cancel')),
  one_failed: (t) => (t.bad > 0 ? 'run' : atTheEnd(t, 'skip')),
  one_done: (t) => (t.succeeded + t.failed > 0 ? 'run' : atTheEnd(t, 'skip')),
  all_failed: (t) => (t.succeeded + t.out > 0 ? 'skip' : atTheEnd(t, 'run')),
  all_skipped: (t) => (t.done > t.skipped ? 'skip' : atTheEnd(t, 'run')),
  none_skipped: (t) => (t.out > 0 ? 'skip' : atTheEnd(t, 'run')),
  all_done: (t) => (t.notTaken > 0 ? 'skip' : atTheEnd(t, 'run')),
  all_done_min_one_success: (t) => (t.out > 0 ? 'skip' : atTheEnd(t, t.succeeded > 0 ? 'run' : 'cancel')),
  all_success: (t) => (t.bad > 0 ? 'cancel' : atTheEnd(t, t.out > 0 ? 'skip' : 'run')),
  none_failed: (t) => (t.bad > 0 ? 'cancel' : atTheEnd(t, t.notTaken > 0 ? 'skip' : 'run')),
  none_failed_min_one_success: (t) => (t.bad > 0 ? 'cancel' : atTheEnd(t, t.succeeded === 0 ? 'skip' : 'run')),
};

function atTheEnd(tally: Tally, decision: JoinDecision): JoinDecision {
  return tally.allDone ? decision : 'wait';
}

/**
 * Decides one vertex.
 * @param rule its `join`
 * @param counts its predecessors' ends so far
 * @returns `run` (PENDING now), `skip` (SKIPPED), `cancel` (CANCELLED, a failure above is the cause) or `wait`.
 *   A vertex without predecessors may always run.
 */
export function decideJoin(rule: JoinRule, counts: PredecessorCounts): JoinDecision {
  if (counts.total === 0) return 'run';
  const bad = counts.failed + counts.cancelled;
  const out = counts.skipped + counts.notTaken;
  const done = counts.succeeded + bad + out;
  return RULES[rule]({ ...counts, bad, out, done, allDone: done >= counts.total });
}

/** The rules that can never hold for a vertex without predecessors, though they name one: the check refuses them there. */
export const RULES_THAT_NEED_A_PREDECESSOR: ReadonlySet<JoinRule> = new Set<JoinRule>([
  'all_failed',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'all_done_min_one_success',
]);
