import { decideFromStates, type PredecessorState } from '../reference/reference-join.ts';
import { groupBy, isPipelineEnded, isTrackEnded, nameAttempt, type Evidence, type Violation } from './evidence.ts';
import type { GraphFacts } from './read-graphs.ts';
import type { Names } from './read-names.ts';
import type { AttemptRow, TrackRow } from './read-rows.ts';
import type { Claim, History } from './replay-history.ts';

/** I2: at most one START of an attempt, under the run id that claimed it and did not give it back; no run starts two of them. */
export function judgeSingleStarts({ journal }: Evidence, history: History, names: Names): Violation[] {
  const { claims, released } = history;
  const violations = history.violations.filter(({ invariant }) => invariant === 'I2');
  const note = (what: string): void => void violations.push({ invariant: 'I2', what });
  const starts = journal.filter(({ kind }) => kind === 'START');
  for (const [attempt, found] of groupBy(starts, nameAttempt)) {
    if (found.length > 1)
      note(`${attempt} started ${found.length} times: runs ${found.map(({ runId }) => runId).join()}`);
  }
  for (const [runId, found] of groupBy(starts, (entry) => entry.runId)) {
    const attempts = new Set(found.map(nameAttempt));
    if (attempts.size > 1) note(`run ${runId} started ${[...attempts].join(' and ')}`);
  }
  const claimed = groupBy(claims, (claim) => nameAttempt({ ...claim, vertex: names.vertexOf(claim) }));
  for (const [attempt, found] of claimed) {
    if (found.length > 1) note(`${attempt} was claimed ${found.length} times`);
  }
  const givenBack = new Set(released.map(({ runId }) => runId));
  for (const start of starts) {
    if (givenBack.has(start.runId)) note(`${nameAttempt(start)} started as ${start.runId}, which had been given back`);
    const own = claimed.get(nameAttempt(start)) ?? [];
    if (!own.some(({ runId }) => runId === start.runId))
      note(`${nameAttempt(start)} started as ${start.runId} without a claim`);
  }
  return violations;
}

/**
 * I3: nothing starts before its join rule has what it needs. Twice: by what was committed when it was claimed, and by what the
 * scripts before it had written when it wrote its first line.
 */
export function judgeOrder(evidence: Evidence, history: History, names: Names): Violation[] {
  return [
    ...[...history.claims, ...history.released].flatMap((claim) =>
      judgeClaim(claim, names, names.graphOf(claim.pipelineId)),
    ),
    ...judgeJournal(evidence, names),
  ];
}

function judgeClaim(claim: Claim, names: Names, graph: GraphFacts | undefined): Violation[] {
  if (graph === undefined) return [];
  const vertex = names.vertexOf(claim);
  const track = names.tracks.get(`${claim.pipelineId} ${vertex}`);
  const states = (graph.tails.get(vertex) ?? []).map((tail): PredecessorState => {
    const row = names.tracks.get(`${claim.pipelineId} ${tail}`);
    const moment = row === undefined ? undefined : claim.tracks.get(row.vertexId);
    const isClosed = moment !== undefined && isTrackEnded(moment.state) && moment.awaits === null;
    return isClosed ? seenAs(moment, graph.vertices.get(tail)?.allowFailure === true, track?.vertexId) : 'unfinished';
  });
  const answer = decideFromStates(graph.vertices.get(vertex)?.join ?? 'none_failed_min_one_success', states);
  if (answer === 'run') return [];
  const what = `${nameAttempt({ ...claim, vertex })} was claimed while its predecessors were ${states.join(', ')}`;
  return [{ invariant: 'I3', what }];
}

/** How an ended predecessor looks from a successor. */
function seenAs(
  { state, chosen }: { state: string; chosen: readonly number[] | null },
  allowsFailure: boolean,
  head: number | undefined,
): PredecessorState {
  if (state === 'SKIPPED') return 'skipped';
  if (state === 'CANCELLED') return 'upstream failed';
  if (chosen !== null && head !== undefined && !chosen.includes(head)) return 'not taken';
  return state === 'SUCCEED' || allowsFailure ? 'succeeded' : 'failed';
}

function judgeJournal({ journal, rows }: Evidence, names: Names): Violation[] {
  const rerun = new Set(rows.events.filter(({ kind }) => kind === 'rerun').map(({ pipelineId }) => pipelineId));
  const runs = new Map(rows.attempts.map((attempt) => [keyOf(attempt), attempt]));
  const ended = new Set<string>();
  const isRunning = (track: TrackRow): boolean => {
    const children = names.childrenOf(track);
    if (children.length > 0) return children.some(({ id }) => names.tracksOf(id).some(isRunning));
    return isStillRunning(runs.get(keyOf(track)), ended);
  };
  const violations: Violation[] = [];
  for (const entry of journal) {
    if (entry.kind === 'END') {
      ended.add(entry.runId);
      continue;
    }
    // A track of a child has to wait for what its parent's track waits for as well.
    let at: Place | null = entry;
    for (; at !== null; at = names.parentOf(at.pipelineId)) {
      // What has been run again has several ends; the history alone tells which one counted.
      if (rerun.has(at.pipelineId)) continue;
      const states = findUnready(at, names, isRunning);
      if (states === null) continue;
      const what = `${nameAttempt(entry)} wrote START while its predecessors were ${states.join(', ')} by the journal`;
      violations.push({ invariant: 'I3', what });
    }
  }
  return violations;
}

type Place = Pick<TrackRow, 'pipelineId' | 'vertex'>;

/** @returns the states of its predecessors, where its join rule has not what it needs */
function findUnready(
  { pipelineId, vertex }: Place,
  names: Names,
  isRunning: (track: TrackRow) => boolean,
): PredecessorState[] | null {
  const graph = names.graphOf(pipelineId);
  if (graph === undefined) return null;
  const head = names.tracks.get(`${pipelineId} ${vertex}`)?.vertexId;
  const states = (graph.tails.get(vertex) ?? []).map((tail): PredecessorState => {
    const track = names.tracks.get(`${pipelineId} ${tail}`);
    if (track === undefined || !isTrackEnded(track.state) || isRunning(track)) return 'unfinished';
    return seenAs(track, graph.vertices.get(tail)?.allowFailure === true, head);
  });
  const join = graph.vertices.get(vertex)?.join ?? 'none_failed_min_one_success';
  return decideFromStates(join, states) === 'run' ? null : states;
}

function keyOf({ pipelineId, vertexId, attempt }: { pipelineId: number; vertexId: number; attempt: number }): string {
  return `${pipelineId} ${vertexId} ${attempt}`;
}

/** Its last attempt ended by itself, and had not yet written so. */
function isStillRunning(attempt: AttemptRow | undefined, ended: ReadonlySet<string>): boolean {
  if (attempt === undefined) return false;
  const endedByItself = !['lost', 'cancelled', 'timeout', 'spawn_error'].includes(attempt.result);
  return endedByItself && !ended.has(attempt.runId);
}

/** I7: nothing is claimed once its pipeline has ended or is paused, and no script starts once its attempt is over: its lease was. */
export function judgeLateStarts(evidence: Evidence, { claims, released }: History, names: Names): Violation[] {
  const { journal, rows } = evidence;
  const note = (what: string): Violation => ({ invariant: 'I7', what });
  const claimedAt = new Map(rows.attempts.map(({ runId, startedAtMs }) => [runId, startedAtMs]));
  const late = [...claims, ...released]
    .filter(({ pipelineState }) => isPipelineEnded(pipelineState) || pipelineState === 'PAUSED')
    .map((claim) => {
      const attempt = nameAttempt({ ...claim, vertex: names.vertexOf(claim) });
      return note(`${attempt} was claimed when its pipeline was ${claim.pipelineState}`);
    });
  const endOf = new Map(rows.attempts.map(({ runId, finishedAtMs }) => [runId, finishedAtMs]));
  const shown = findShownEnds(evidence);
  const afterEnd = journal
    .filter(({ kind, pipelineId, atMs }) => kind === 'START' && atMs > (shown.get(pipelineId) ?? atMs))
    .filter(
      ({ runId, pipelineId }) => (claimedAt.get(runId) ?? Number.POSITIVE_INFINITY) > (shown.get(pipelineId) ?? 0),
    )
    .map((entry) => note(`${nameAttempt(entry)} was claimed and started after its pipeline was shown as ended`));
  const overdue = journal
    .filter(({ kind, runId, atMs }) => kind === 'START' && atMs > (endOf.get(runId) ?? atMs))
    .map((entry) => {
      const afterMs = Math.round(entry.atMs - (endOf.get(entry.runId) ?? 0));
      return note(`${nameAttempt(entry)} started ${afterMs} ms after it was recorded as ended`);
    });
  return [...late, ...afterEnd, ...overdue];
}

/** When callers were told first that a pipeline had ended: whatever Baton's history says. One that is run again starts over. */
function findShownEnds({ answers, rows }: Evidence): Map<number, number> {
  const rerun = new Set(rows.events.filter(({ kind }) => kind === 'rerun').map(({ pipelineId }) => pipelineId));
  const shown = new Map<number, number>();
  for (const { path, status, answer, askedAt, answeredAt, askedAtMs } of answers) {
    const id = Number(/^\/pipelines\/(\d+)$/.exec(path)?.[1]);
    if (status !== 200 || Number.isNaN(id) || rerun.has(id) || shown.has(id)) continue;
    if (isPipelineEnded((answer as { state: string }).state)) shown.set(id, askedAtMs + answeredAt - askedAt);
  }
  return shown;
}

/** I8: what is recorded as ended was gone before, also where its lease ran out: it writes nothing, and no process is left. */
export function judgeLeftovers(evidence: Evidence): Violation[] {
  const { journal, rows, aliveRunIds = [] } = evidence;
  const endOf = new Map(rows.attempts.map(({ runId, finishedAtMs }) => [runId, finishedAtMs]));
  const late = journal.filter(({ runId, atMs }) => atMs > (endOf.get(runId) ?? Number.POSITIVE_INFINITY));
  return [
    ...late.map((entry) => {
      const afterMs = Math.round(entry.atMs - (endOf.get(entry.runId) ?? 0));
      return `${nameAttempt(entry)} wrote ${entry.kind} ${afterMs} ms after it was recorded as ended`;
    }),
    ...aliveRunIds.map((runId) => `a process of run ${runId} is still alive`),
  ].map((what) => ({ invariant: 'I8', what }));
}
