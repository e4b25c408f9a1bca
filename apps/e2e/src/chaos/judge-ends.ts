import { isPipelineEnded, isTrackEnded, groupBy, nameAttempt, type Evidence, type Violation } from './evidence.ts';
import type { Names } from './read-names.ts';
import type { RecordedAnswer } from './record-answers.ts';
import type { History } from './replay-history.ts';

/** I1: what was accepted is there, once, and has ended; and nothing is there that nobody asked for. */
export function judgeAcceptance({ answers, rows }: Evidence, names: Names): Violation[] {
  const violations: Violation[] = [];
  const note = (what: string): void => void violations.push({ invariant: 'I1', what });
  const asked = answers.filter(isStart);
  for (const { status, answer } of asked) {
    const id = (answer as { id?: number } | undefined)?.id;
    if (status !== null && status < 300 && !names.pipelines.has(id ?? 0))
      note(`pipeline ${id} was accepted and is not there`);
  }
  const keyed = asked.filter(({ headers }) => headers['Idempotency-Key'] !== undefined);
  for (const [key, group] of groupBy(keyed, ({ headers }) => headers['Idempotency-Key'])) {
    const ids = new Set(
      group.filter(({ status }) => status === 200).map(({ answer }) => (answer as { id: number }).id),
    );
    if (ids.size > 1) note(`the key ${key} made pipelines ${[...ids].join(', ')}`);
  }
  const nameOf = ({ body }: RecordedAnswer): string | undefined => (body as { name?: string }).name;
  const wanted = new Map([...groupBy(asked, nameOf)].map(([name, group]) => [name, countDifferent(group)]));
  // Those that tracks and schedules start are judged by these (judge-children, judge-schedules).
  const own = rows.pipelines.filter(({ parentTrackId, schedule }) => parentTrackId === null && schedule === null);
  for (const [name, group] of groupBy(own, (pipeline) => pipeline.name)) {
    const most = wanted.get(name) ?? 0;
    const ids = group.map(({ id }) => id).join(', ');
    if (group.length > most && asked.length > 0) note(`pipelines ${ids} are named ${name}; ${most} were asked for`);
  }
  for (const { id, state, openTracks } of rows.pipelines) {
    if (!isPipelineEnded(state)) note(`pipeline ${id} is ${state} with ${openTracks} open tracks, and nothing goes on`);
  }
  for (const track of rows.tracks) {
    const isOver = isPipelineEnded(names.pipelines.get(track.pipelineId)?.state ?? '');
    if (isOver && !isTrackEnded(track.state)) {
      note(`the track of ${track.vertex} is ${track.state}, and its pipeline ${track.pipelineId} has ended`);
    }
  }
  return violations;
}

function isStart({ method, path }: RecordedAnswer): boolean {
  return method === 'POST' && path === '/pipelines';
}

/** Requests with one key are one. */
function countDifferent(group: readonly RecordedAnswer[]): number {
  const keys = group.map(({ headers }, index) => headers['Idempotency-Key'] ?? String(index));
  return new Set(keys).size;
}

/** I5: what callers have seen as ended stays as they saw it. A pipeline that a person runs again starts over. */
export function judgeFinality({ answers, rows }: Evidence, history: History, names: Names): Violation[] {
  const violations = history.violations.filter(({ invariant }) => invariant === 'I5');
  const rerun = new Set(rows.events.filter(({ kind }) => kind === 'rerun').map(({ pipelineId }) => pipelineId));
  const seen = new Map<number, { state: string; answeredAt: number }>();
  for (const { path, askedAt, answeredAt, status, answer } of answers) {
    const id = Number(/^\/pipelines\/(\d+)$/.exec(path)?.[1]);
    if (status !== 200 || Number.isNaN(id) || rerun.has(id)) continue;
    const { state } = answer as { state: string };
    const before = seen.get(id);
    if (before === undefined && isPipelineEnded(state)) seen.set(id, { state, answeredAt });
    if (before === undefined || before.answeredAt > askedAt || before.state === state) continue;
    violations.push({ invariant: 'I5', what: `pipeline ${id} was shown as ${before.state} and later as ${state}` });
  }
  for (const [id, { state }] of seen) {
    const found = names.pipelines.get(id)?.state;
    if (found === undefined || found === state) continue;
    violations.push({ invariant: 'I5', what: `pipeline ${id} was shown as ${state} and is ${found}` });
  }
  return violations;
}

/** Results that only a script that came to its end can have. */
const NEEDS_END = new Set(['succeed', 'exit_code', 'bad_choice', 'bad_output']);

/** I6: one applied outcome of each attempt, of the run that claimed it, and what its script wrote. */
export function judgeOutcomes({ journal, rows }: Evidence, { ends, claims }: History, names: Names): Violation[] {
  const violations: Violation[] = [];
  const note = (what: string): void => void violations.push({ invariant: 'I6', what });
  const nameOf = (at: { pipelineId: number; vertexId: number; attempt: number }): string =>
    nameAttempt({ ...at, vertex: names.vertexOf(at) });
  const applied = groupBy(ends, nameOf);
  for (const [attempt, found] of applied) {
    if (found.length > 1)
      note(`${attempt} ended ${found.length} times: ${found.map(({ result }) => result).join(', ')}`);
  }
  const recorded = new Map(rows.attempts.map((attempt) => [nameOf(attempt), attempt]));
  for (const [attempt, [end]] of applied) {
    const row = recorded.get(attempt);
    if (row === undefined) note(`${attempt} ended as ${end?.result}, and has no row`);
    else if (row.runId !== end?.runId || row.result !== end.result) note(`${attempt} has the row of another end`);
  }
  const claimedBy = new Map(claims.map((claim) => [claim.runId, nameOf(claim)]));
  const finished = new Set(journal.filter(({ kind }) => kind === 'END').map(({ runId }) => runId));
  const scripted = new Set(journal.map(({ pipelineId, vertex }) => `${pipelineId} ${vertex}`));
  const isJournaled = (pipelineId: number, vertex: string): boolean => {
    const facts = names.factsOf(pipelineId, vertex);
    // Where no line is of it at all, its script tells that there should be some.
    return scripted.has(`${pipelineId} ${vertex}`) || (facts?.isJournaled === true && facts.runs === 'script');
  };
  for (const [attempt, row] of recorded) {
    if (!applied.has(attempt)) note(`${attempt} has a row, and no event says that it ended`);
    if (claimedBy.get(row.runId) !== attempt) note(`${attempt} was ended by run ${row.runId}, which did not claim it`);
    const vertex = names.vertexOf(row);
    if (isJournaled(row.pipelineId, vertex) && NEEDS_END.has(row.result) && !finished.has(row.runId)) {
      note(`${attempt} is recorded as ${row.result}, and its script never came to its end`);
    }
  }
  return violations;
}

/** I6 as well: what was claimed ended, and no track is SUCCEED but by an attempt that is, or by a person's word. */
export function judgeGaps({ rows }: Evidence, { claims, ends }: History, names: Names): Violation[] {
  const ended = new Set(ends.map(({ runId }) => runId));
  const unended = claims
    .filter(({ runId, pipelineId, vertexId, attempt }) => {
      const track = names.tracks.get(`${pipelineId} ${names.vertexOf({ pipelineId, vertexId })}`);
      // What is open is judged by I1.
      return !ended.has(runId) && (track === undefined || isTrackEnded(track.state) || track.attempt > attempt);
    })
    .map((claim) => `${nameAttempt({ ...claim, vertex: names.vertexOf(claim) })} was claimed, and never ended`);
  const succeeded = new Set(
    rows.attempts
      .filter(({ result }) => result === 'succeed')
      .map((attempt) => nameAttempt({ ...attempt, vertex: names.vertexOf(attempt) })),
  );
  const unmade = rows.tracks
    .filter((track) => track.state === 'SUCCEED' && track.reason === null && !succeeded.has(nameAttempt(track)))
    .map((track) => `${nameAttempt(track)} is SUCCEED without having been made`);
  return [...unended, ...unmade].map((what) => ({ invariant: 'I6', what }));
}

/** I9: nothing had to be mended, and the counters of pipelines and tracks say what a fresh count says. */
export function judgeRepairs({ rows, repairs = 0 }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const note = (what: string): void => void violations.push({ invariant: 'I9', what });
  if (repairs > 0) note(`the reconcile loop mended ${repairs} times what no fault explains`);
  const tracks = groupBy(rows.tracks, ({ pipelineId }) => pipelineId);
  for (const { id, state, openTracks } of rows.pipelines) {
    const own = tracks.get(id) ?? [];
    const open = own.filter((track) => !isTrackEnded(track.state) || track.awaits !== null).length;
    if (open !== openTracks) note(`pipeline ${id} counts ${openTracks} open tracks; there are ${open}`);
    const stranded = own.filter((track) => track.state === 'WAITING' && track.predecessorsLeft === 0);
    if (state === 'RUNNING' && stranded.length > 0) {
      note(`${stranded.map(({ vertex }) => vertex).join()} of pipeline ${id} waits for nobody and was not started`);
    }
    if (state === 'RUNNING' && openTracks === 0) note(`pipeline ${id} has nothing left to live for, and lives`);
  }
  return violations;
}
