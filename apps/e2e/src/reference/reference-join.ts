/**
 * The twelve join rules, said once more and in another way than the product says them: what Airflow's
 * `trigger_rule_dep.py` (Airflow 3, `_evaluate_direct_relatives`) does with tasks whose upstreams have all ended, and
 * from that, by looking at every way in which the unfinished ones may still end, what is certain before.
 * Nothing here is taken from the product's rules, only from SPEC section 2, from Airflow's conditions and from the differences that
 * docs/join-rules.md lists ("Where Baton differs from Airflow").
 */
export const JOIN_NAMES = [
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
export type JoinName = (typeof JOIN_NAMES)[number];

/** How a predecessor ended. `upstream failed` also says: a person cancelled it. Not taken: its choice went another way. */
const ENDS = ['succeeded', 'failed', 'upstream failed', 'skipped', 'not taken'] as const;
type End = (typeof ENDS)[number];
const PREDECESSOR_STATES = [...ENDS, 'unfinished'] as const;
export type PredecessorState = (typeof PREDECESSOR_STATES)[number];

export type JoinAnswer = 'run' | 'skip' | 'cancel' | 'wait';

interface AirflowRule {
  /** Airflow's condition in words, with the names that its source gives to the counts. */
  airflow: string;
  /** When every upstream is done; `skipped` counts ways that were not taken, too. */
  whenDone: (counts: AirflowCounts) => Exclude<JoinAnswer, 'wait'>;
  /** What is enough to run while others are unfinished; null where Airflow waits until `done >= upstream`. */
  runsEarly: ((counts: AirflowCounts) => boolean) | null;
}

interface AirflowCounts {
  success: number;
  failed: number;
  upstream_failed: number;
  skipped: number;
}

const UPSTREAM_FAILED = 'cancel';

export const AIRFLOW_RULES: Record<JoinName, AirflowRule> = {
  all_success: {
    airflow: 'upstream_failed or failed: UPSTREAM_FAILED; else skipped: SKIPPED; runs when upstream - success is 0',
    whenDone: ({ failed, upstream_failed, skipped }) =>
      failed + upstream_failed > 0 ? UPSTREAM_FAILED : skipped > 0 ? 'skip' : 'run',
    runsEarly: null,
  },
  all_failed: {
    airflow: 'success or skipped: SKIPPED; runs when upstream - failed - upstream_failed is 0',
    whenDone: ({ success, skipped }) => (success + skipped > 0 ? 'skip' : 'run'),
    runsEarly: null,
  },
  all_done: {
    airflow: 'marks nothing; runs when upstream_done (done >= upstream)',
    whenDone: () => 'run',
    runsEarly: null,
  },
  all_done_min_one_success: {
    airflow:
      'skipped > 0: SKIPPED; else all of success + failed + upstream_failed done and success 0: UPSTREAM_FAILED; else runs when those are done',
    whenDone: ({ success, skipped }) => (skipped > 0 ? 'skip' : success === 0 ? UPSTREAM_FAILED : 'run'),
    runsEarly: null,
  },
  all_skipped: {
    airflow: 'success or failed or upstream_failed: SKIPPED; runs when upstream - skipped is 0',
    whenDone: ({ success, failed, upstream_failed }) => (success + failed + upstream_failed > 0 ? 'skip' : 'run'),
    runsEarly: null,
  },
  one_success: {
    airflow:
      'upstream_done and done == skipped: SKIPPED; upstream_done and success <= 0: UPSTREAM_FAILED; runs when success > 0',
    whenDone: ({ success, failed, upstream_failed }) =>
      success > 0 ? 'run' : failed + upstream_failed === 0 ? 'skip' : UPSTREAM_FAILED,
    runsEarly: ({ success }) => success > 0,
  },
  one_failed: {
    airflow: 'upstream_done and neither failed nor upstream_failed: SKIPPED; runs when failed or upstream_failed',
    whenDone: ({ failed, upstream_failed }) => (failed + upstream_failed > 0 ? 'run' : 'skip'),
    runsEarly: ({ failed, upstream_failed }) => failed + upstream_failed > 0,
  },
  one_done: {
    airflow: 'upstream_done and neither failed nor success: SKIPPED; runs when success + failed > 0',
    whenDone: ({ success, failed }) => (success + failed > 0 ? 'run' : 'skip'),
    runsEarly: ({ success, failed }) => success + failed > 0,
  },
  none_failed: {
    airflow: 'upstream_failed or failed: UPSTREAM_FAILED; runs when upstream - success - skipped is 0',
    whenDone: ({ failed, upstream_failed }) => (failed + upstream_failed > 0 ? UPSTREAM_FAILED : 'run'),
    runsEarly: null,
  },
  none_failed_min_one_success: {
    airflow:
      'upstream_failed or failed: UPSTREAM_FAILED; else skipped == upstream: SKIPPED; runs when upstream - success - skipped is 0',
    whenDone: ({ success, failed, upstream_failed }) =>
      failed + upstream_failed > 0 ? UPSTREAM_FAILED : success === 0 ? 'skip' : 'run',
    runsEarly: null,
  },
  none_skipped: {
    airflow: 'skipped: SKIPPED; runs when upstream_done and skipped is 0',
    whenDone: ({ skipped }) => (skipped > 0 ? 'skip' : 'run'),
    runsEarly: null,
  },
  always: {
    airflow: '_get_dep_statuses passes at once: the trigger rule is not evaluated',
    whenDone: () => 'run',
    runsEarly: () => true,
  },
};

/** What Baton does otherwise, as docs/join-rules.md says it, and where this file does it. */
export const DIFFERENCES = {
  order: 'Airflow marks by what it happens to see first; Baton waits until the answer is certain (decideFromStates)',
  notTaken:
    'a way that a choice did not take counts as skipped and lets no rule run that waits for all, but the default (decideEnded)',
  byDefault: 'none_failed_min_one_success instead of all_success',
  absent: 'removed, setup and teardown tasks',
  allowFailure: 'a failure that is allowed counts as succeeded',
} as const;

/** The answer when every predecessor has ended. A vertex without predecessors runs. */
function decideEnded(rule: JoinName, ends: readonly End[]): Exclude<JoinAnswer, 'wait'> {
  if (ends.length === 0) return 'run';
  const { whenDone, runsEarly } = AIRFLOW_RULES[rule];
  const answer = whenDone(countEnds(ends));
  // A way that was not taken leads to the vertex only where the rule had reason enough to run it without that way.
  // SPEC: ways that were not taken do not block the default rule, which needs a success by another way anyhow.
  const wasForbidden = ends.includes('not taken') && runsEarly === null && rule !== 'none_failed_min_one_success';
  return answer === 'run' && wasForbidden ? 'skip' : answer;
}

function countEnds(states: readonly PredecessorState[]): AirflowCounts {
  const count = (...wanted: PredecessorState[]): number => states.filter((state) => wanted.includes(state)).length;
  return {
    success: count('succeeded'),
    failed: count('failed'),
    upstream_failed: count('upstream failed'),
    skipped: count('skipped', 'not taken'),
  };
}

const known = new Map<string, JoinAnswer>();

/**
 * The answer for these predecessors, in any order: run as early as the rule allows; anything else when every way in
 * which the unfinished may still end gives the same answer; until then wait.
 */
export function decideFromStates(rule: JoinName, states: readonly PredecessorState[]): JoinAnswer {
  const counts = PREDECESSOR_STATES.map(() => 0);
  for (const state of states) counts[PLACES[state]] = (counts[PLACES[state]] ?? 0) + 1;
  // Every condition asks whether there is one of a kind at all, so more than one of each is one, and more unfinished
  // predecessors than there are ends can end in no further way.
  const few = PREDECESSOR_STATES.flatMap((state, place) => {
    const most = state === 'unfinished' ? ENDS.length : 1;
    return Array.from({ length: Math.min(counts[place] ?? 0, most) }, () => state);
  });
  const key = `${rule} ${few.join()}`;
  let answer = known.get(key);
  if (answer === undefined) known.set(key, (answer = findCertain(rule, few)));
  return answer;
}

const PLACES = Object.fromEntries(PREDECESSOR_STATES.map((state, place) => [state, place])) as Record<
  PredecessorState,
  number
>;

function findCertain(rule: JoinName, states: readonly PredecessorState[]): JoinAnswer {
  if (states.length > 0 && AIRFLOW_RULES[rule].runsEarly?.(countEnds(states)) === true) return 'run';
  const open = states.indexOf('unfinished');
  if (open === -1) return decideEnded(rule, states as End[]);
  const answers = new Set(ENDS.map((end) => decideFromStates(rule, states.with(open, end))));
  const [only] = answers;
  return answers.size === 1 && only !== undefined ? only : 'wait';
}

/** Every multiset of so many predecessors' states, each once. */
export function listPredecessorStates(count: number): PredecessorState[][] {
  const extend = (states: PredecessorState[]): PredecessorState[][] => {
    const last = states.at(-1);
    const from = last === undefined ? 0 : PREDECESSOR_STATES.indexOf(last);
    return PREDECESSOR_STATES.slice(from).map((state) => [...states, state]);
  };
  return Array.from({ length: count }).reduce<PredecessorState[][]>((rows) => rows.flatMap(extend), [[]]);
}
