import { MAX_LOST_RETRIES } from '@baton/domain';
import { decideFromStates, AIRFLOW_RULES, type PredecessorState } from './reference-join.ts';
import { PARAMS, takeStep, type AttemptPlan, type Condition, type Shape, type VertexPlan } from './scenario.ts';

/** What becomes of one vertex, given what became of those before it: SPEC section 2 read aloud, without events or counters. */
export interface VertexResult {
  state: 'WAITING' | 'PENDING' | 'SUCCEED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';
  reason: string | null;
  awaits: 'params' | 'approval' | 'choice' | 'decision' | null;
  /** It has ended and awaits nobody: those after it know of its end. */
  isClosed: boolean;
  /**
   * It has yet to say where it leads: because a person has just ended it or let it go on; or, once somebody behind it waits
   * for that, because its pipeline ended first.
   */
  owes: 'now' | 'when waited for' | null;
  /** It counts as failed for its pipeline. */
  isFailure: boolean;
  /** The successors that it goes on with; null: all. */
  chosen: readonly number[] | null;
  outputs: Readonly<Record<string, string>>;
  gateDecision: 'approved' | 'rejected' | null;
  /** The current attempt, or the next one. */
  attempt: number;
  past: Past;
  /** Those that had certainly ended when it began. */
  settledBefore: ReadonlySet<number>;
}

/** What has happened to a vertex so far, over all its reruns. */
export interface Past {
  /** Attempts that ended. */
  attempts: number;
  gates: number;
  choices: number;
  decisions: number;
  hasParams: boolean;
}

export const NO_PAST: Past = { attempts: 0, gates: 0, choices: 0, decisions: 0, hasParams: false };

/** What a person did to a vertex that had not ended. */
export type Mark = 'skipped' | 'forced' | 'cancelled';

export interface World {
  shape: Shape;
  mode: 'auto' | 'manual';
  onFailure: 'stop' | 'kill' | 'continue' | 'hold';
  /** What is known already: those before it in any case. */
  results: Map<number, VertexResult>;
  /** Ended before, and left alone by a rerun. */
  kept: ReadonlyMap<number, VertexResult>;
  marks: ReadonlyMap<number, Mark>;
  /** Up to where the story is told, by vertex; null: to its end. */
  until: ReadonlyMap<number, Past> | null;
  /** Vertices whose condition looks at what may not have ended: its answer would depend on time. */
  ambiguous: Set<number>;
}

const OPEN: Omit<VertexResult, 'attempt' | 'past' | 'settledBefore'> = {
  state: 'WAITING',
  reason: null,
  awaits: null,
  isClosed: false,
  owes: null,
  isFailure: false,
  chosen: null,
  outputs: {},
  gateDecision: null,
};

const NOBODY: ReadonlySet<number> = new Set();

/** How a predecessor looks from one of its successors. */
export function seenFrom(shape: Shape, tail: number, head: number, result: VertexResult | undefined): PredecessorState {
  if (result === undefined || !result.isClosed) return 'unfinished';
  if (result.state === 'SKIPPED') return 'skipped';
  if (result.state === 'CANCELLED') return 'upstream failed';
  if (result.chosen !== null && !result.chosen.includes(head)) return 'not taken';
  return result.state === 'SUCCEED' || shape.plans.get(tail)?.allowFailure === true ? 'succeeded' : 'failed';
}

export function evaluateVertex(world: World, plan: VertexPlan, past: Past): VertexResult {
  const start: VertexResult = { ...OPEN, past, attempt: past.attempts + 1, settledBefore: NOBODY };
  const mark = world.marks.get(plan.id);
  if (mark === 'skipped') return { ...start, state: 'SKIPPED', reason: 'skipped', isClosed: true };
  if (mark === 'forced') return goOn(world, plan, { ...start, state: 'SUCCEED', reason: 'forced' });
  if (mark === 'cancelled') return fail(world, plan, { ...start, state: 'CANCELLED', reason: 'cancelled' });
  return evaluateJoin(world, plan, start);
}

function evaluateJoin(world: World, plan: VertexPlan, start: VertexResult): VertexResult {
  const tails = (world.shape.before.get(plan.id) ?? []).map(({ tail }) => tail);
  const states = tails.map((tail) => seenFrom(world.shape, tail, plan.id, world.results.get(tail)));
  switch (decideFromStates(plan.join, states)) {
    case 'wait':
      return start;
    case 'skip':
      return { ...start, state: 'SKIPPED', reason: 'join_not_met', isClosed: true };
    case 'cancel':
      return { ...start, state: 'CANCELLED', reason: 'upstream_failed', isClosed: true };
    case 'run': {
      // Only conditions ask for it.
      const waitsForAll = world.shape.hasConditions && AIRFLOW_RULES[plan.join].runsEarly === null;
      const settledBefore = waitsForAll ? new Set(tails.flatMap((tail) => listSettled(world, tail))) : NOBODY;
      return evaluateParams(world, plan, { ...start, settledBefore });
    }
  }
}

/** A vertex that has ended, and those of which its own end tells that they had ended before. */
function listSettled(world: World, vertexId: number): number[] {
  const result = world.results.get(vertexId);
  return world.kept.has(vertexId) || result === undefined ? [vertexId] : [vertexId, ...result.settledBefore];
}

/** A person may have to give parameters first: its condition may look at them. */
function evaluateParams(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  const until = world.until?.get(plan.id);
  const isGiven = result.past.hasParams || (plan.asks === 'given' && (until === undefined || until.hasParams));
  if (plan.asks !== null && !isGiven) return { ...result, state: 'PENDING', awaits: 'params' };
  return evaluateCondition(world, plan, { ...result, past: { ...result.past, hasParams: plan.asks !== null } });
}

function evaluateCondition(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  const answer = plan.when === null || askCondition(world, plan, plan.when, result);
  if (answer === false) return { ...result, state: 'SKIPPED', reason: 'condition_false', isClosed: true };
  if (answer === null) return fail(world, plan, { ...result, state: 'FAILED', reason: 'bad_condition' });
  return evaluateGate(world, plan, { ...result, state: 'PENDING' });
}

/** @param result of the vertex that the condition belongs to, or of its edge's tail, as it is now */
function askCondition(world: World, plan: VertexPlan, condition: Condition, result: VertexResult): boolean | null {
  const isSettled = (id: number): boolean =>
    result.settledBefore.has(id) ||
    world.kept.get(id)?.isClosed === true ||
    (id === plan.id && result.state !== 'WAITING');
  if (!condition.vertexIds.every(isSettled)) world.ambiguous.add(plan.id);
  const find = (id: number): VertexResult | undefined => (id === plan.id ? result : world.results.get(id));
  return condition.isTrue({
    states: (id) => find(id)?.state ?? 'WAITING',
    outputs: (id) => find(id)?.outputs ?? {},
    params: PARAMS,
  });
}

/** A person's word before it runs. */
function evaluateGate(world: World, plan: VertexPlan, free: VertexResult): VertexResult {
  if (plan.gate === null) return runAttempts(world, plan, free);
  const until = world.until?.get(plan.id);
  const { past } = free;
  const isUnseen = until !== undefined && past.gates >= until.gates;
  const step = isUnseen ? 'none' : takeStep(plan.gateSteps, past.gates);
  if (step === 'none') return { ...free, awaits: 'approval' };
  const decided: VertexResult = { ...free, past: { ...past, gates: past.gates + 1 } };
  if ((step === 'expire' ? plan.gate.onExpiry : step) === 'approve') {
    return runAttempts(world, plan, { ...decided, gateDecision: 'approved' });
  }
  const rejected: VertexResult = { ...decided, gateDecision: 'rejected', reason: 'rejected' };
  return plan.gate.onReject === 'skip'
    ? { ...rejected, state: 'SKIPPED', isClosed: true }
    : fail(world, plan, { ...rejected, state: 'FAILED' });
}

function runAttempts(world: World, plan: VertexPlan, free: VertexResult): VertexResult {
  const until = world.until?.get(plan.id)?.attempts ?? Number.POSITIVE_INFINITY;
  let made = 0;
  let lost = 0;
  for (let number = free.past.attempts + 1; number <= until; number += 1) {
    const attempt = takeStep(plan.attempts, number - 1);
    const ended: VertexResult = {
      ...free,
      attempt: number,
      outputs: attempt.outputs,
      past: { ...free.past, attempts: number },
    };
    const reason = judgeAttempt(world.shape, plan, attempt);
    if (reason === null) return succeedByScript(world, plan, ended);
    if (reason === 'lost') lost += 1;
    else made += 1;
    const mayAgain =
      reason === 'lost' ? plan.onLost === 'retry' && lost <= MAX_LOST_RETRIES : mayRetry(plan, reason, attempt, made);
    if (mayAgain) continue;
    return fail(world, plan, { ...ended, state: 'FAILED', reason });
  }
  const attempts = Math.max(free.past.attempts, Number.isFinite(until) ? until : 0);
  return { ...free, attempt: attempts + 1, past: { ...free.past, attempts } };
}

/** @returns why the attempt failed; null: it succeeded */
export function judgeAttempt(shape: Shape, plan: VertexPlan, attempt: AttemptPlan): string | null {
  if (attempt.outcome !== 'exited') return attempt.outcome;
  if (attempt.exitCode !== 0) return 'exit_code';
  return readChoice(shape, plan, attempt.next) === 'bad' ? 'bad_choice' : null;
}

/** Names or ids of direct successors, no duplicates. */
export function readChoice(shape: Shape, plan: VertexPlan, next: readonly string[] | null): number[] | 'bad' | null {
  if (next === null) return null;
  const heads = (shape.after.get(plan.id) ?? []).map(({ head }) => head);
  const ids = next.map((text) => heads.find((id) => String(id) === text || shape.plans.get(id)?.name === text));
  const known = ids.filter((id) => id !== undefined);
  return known.length === next.length && new Set(known).size === next.length ? known : 'bad';
}

/** `retry`: so many more attempts, for these reasons and exit codes, within a total time. What a script wrote wrongly stays wrong. */
function mayRetry({ retry }: VertexPlan, reason: string, attempt: AttemptPlan, made: number): boolean {
  if (retry === null || made > retry.max || reason === 'bad_choice' || reason === 'bad_output') return false;
  if (retry.reasons !== undefined && !retry.reasons.some((wanted) => wanted === reason)) return false;
  if (retry.exitCodes !== undefined && !(reason === 'exit_code' && retry.exitCodes.includes(attempt.exitCode)))
    return false;
  return retry.totalMs === undefined || retry.delayMs <= retry.totalMs;
}

/** A script that does its work fails all the same where a condition on its ways has no answer: nobody knows where to go on. */
function succeedByScript(world: World, plan: VertexPlan, ended: VertexResult): VertexResult {
  const next = readChoice(world.shape, plan, takeStep(plan.attempts, ended.attempt - 1).next);
  const done: VertexResult = { ...ended, state: 'SUCCEED', chosen: next === 'bad' ? null : next };
  if (done.chosen === null && !asksForChoice(world, plan, done) && findWays(world, plan, done) === null) {
    return fail(world, plan, { ...ended, state: 'FAILED', reason: 'bad_condition' });
  }
  return goOn(world, plan, done);
}

function asksForChoice(world: World, plan: VertexPlan, { chosen }: VertexResult): boolean {
  return world.mode === 'manual' && chosen === null && (world.shape.after.get(plan.id) ?? []).length > 0;
}

/** In manual mode a person chooses, unless the script did; otherwise the conditions of the edges do. */
export function goOn(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  return asksForChoice(world, plan, result) ? askPerson(world, plan, result) : close(world, plan, result);
}

function askPerson(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  const until = world.until?.get(plan.id);
  const { choices } = result.past;
  const isUnseen = until !== undefined && choices >= until.choices;
  const choice = isUnseen ? 'none' : takeStep(plan.choices, choices);
  if (choice === 'none') return { ...result, awaits: 'choice', isClosed: false, owes: null };
  return close(world, plan, { ...result, chosen: choice, past: { ...result.past, choices: choices + 1 } });
}

/** Its successors hear of its end. Where the conditions of a success have no answer, a person chooses in their place. */
export function close(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  const closed: VertexResult = { ...result, awaits: null, isClosed: true, owes: null };
  if ((result.state !== 'SUCCEED' && result.state !== 'FAILED') || result.chosen !== null) return closed;
  const ways = findWays(world, plan, result);
  if (ways === 'all') return closed;
  return ways === null ? askPerson(world, plan, result) : { ...closed, chosen: ways };
}

/** @returns the successors that the conditions of its edges let it go on with; all: no edge has one; null: one has no answer */
function findWays(world: World, plan: VertexPlan, result: VertexResult): number[] | 'all' | null {
  const edges = world.shape.after.get(plan.id) ?? [];
  if (edges.every(({ when }) => when === null)) return 'all';
  const answers = edges.map(({ when }) => when === null || askCondition(world, plan, when, result));
  // From a failure nothing leads on by a condition that has no answer.
  if (answers.includes(null) && result.state === 'SUCCEED') return null;
  return edges.filter((_, index) => answers[index] === true).map(({ head }) => head);
}

function fail(world: World, plan: VertexPlan, result: VertexResult): VertexResult {
  if (result.state === 'FAILED' && plan.allowFailure) return goOn(world, plan, result);
  const failed: VertexResult = { ...result, isFailure: true };
  return world.onFailure === 'continue' ? close(world, plan, failed) : decideHeld(world, plan, failed);
}

/** A person decides about a failed track that is held. Under `stop` and `kill` nobody is asked: what follows is the pipeline's end. */
function decideHeld(world: World, plan: VertexPlan, failed: VertexResult): VertexResult {
  const until = world.until?.get(plan.id);
  const { decisions } = failed.past;
  const isUnseen = until !== undefined && decisions >= until.decisions;
  const step = isUnseen || world.onFailure !== 'hold' ? 'none' : takeStep(plan.decisions, decisions);
  const past: Past = { ...failed.past, decisions: decisions + 1 };
  switch (step) {
    case 'none':
      return { ...failed, awaits: 'decision' };
    case 'give_up':
      return close(world, plan, { ...failed, past });
    case 'skip':
      return { ...failed, past, state: 'SKIPPED', reason: 'skipped', isFailure: false, awaits: null, isClosed: true };
    case 'succeed':
      return goOn(world, plan, { ...failed, past, state: 'SUCCEED', reason: 'forced', isFailure: false });
    case 'retry':
      return evaluateVertex({ ...world, marks: without(world.marks, plan.id) }, plan, past);
  }
}

function without<V>(map: ReadonlyMap<number, V>, key: number): Map<number, V> {
  return new Map([...map].filter(([id]) => id !== key));
}
