import { groupBy, type Evidence, type Violation } from './evidence.ts';
import type { RecordedAnswer } from './record-answers.ts';

/**
 * Schedules of the mix are due every minute, and start every due time, however late it is found (`overlap: allow`,
 * `catchUpLimit` above all). So the clock tells what has to be there: one pipeline for each minute from when a caller was told
 * that the schedule is there until a caller last asked and was told that all was decided; and one for each minute that was
 * asked for afterwards. Minutes about the beginning and the end may be.
 */
export const EVERY_MINUTE = '* * * * *';
const MINUTE_MS = 60_000;

interface Expected {
  must: ReadonlySet<number>;
  mayBe: (dueMs: number) => boolean;
}

const ANY: Expected = { must: new Set(), mayBe: () => true };

/** I1 of what schedules start: every due time has its pipeline, no more than one, and nothing else is started. */
export function judgeSchedules({ answers, rows }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const note = (what: string): void => void violations.push({ invariant: 'I1', what });
  const scheduled = rows.pipelines.filter(({ schedule }) => schedule !== null);
  const found = groupBy(scheduled, ({ schedule }) => schedule ?? '');
  const wanted = readExpected(answers);
  for (const [name, pipelines] of found) {
    const expected = wanted.get(name);
    if (expected === undefined) {
      note(`schedule ${name} started ${pipelines.length} pipelines, and nobody asked for it`);
      continue;
    }
    for (const [dueMs, group] of groupBy(pipelines, ({ scheduledForMs }) => scheduledForMs ?? Number.NaN)) {
      const due = describeTime(dueMs);
      const ids = group.map(({ id }) => id).join(', ');
      if (group.length > 1) note(`schedule ${name} started pipelines ${ids} for ${due}`);
      if (!expected.mayBe(dueMs)) note(`schedule ${name} started pipelines ${ids} for ${due}, which is not due`);
    }
  }
  for (const [name, { must }] of wanted) {
    const started = new Set(found.get(name)?.map(({ scheduledForMs }) => scheduledForMs));
    const missing = [...must].filter((dueMs) => !started.has(dueMs)).map(describeTime);
    if (missing.length > 0) note(`schedule ${name} did not start what was due at ${missing.join(', ')}`);
  }
  return violations;
}

function describeTime(dueMs: number): string {
  return Number.isNaN(dueMs) ? 'no time' : new Date(dueMs).toISOString();
}

function readExpected(answers: readonly RecordedAnswer[]): Map<string, Expected> {
  const made = answers.filter(({ method, path }) => method === 'POST' && path === '/schedules');
  const names = new Set(made.map(({ body }) => (body as { name: string }).name));
  return new Map([...names].map((name) => [name, expectOf(name, answers)]));
}

function expectOf(name: string, answers: readonly RecordedAnswer[]): Expected {
  const below = `/schedules/${name}`;
  const made = answers.filter(({ method, path, body }) => {
    return method === 'POST' && path === '/schedules' && (body as { name: string }).name === name;
  });
  // Of other schedules only that no due time has two pipelines is judged.
  if (!made.some(({ body }) => (body as { cron: string }).cron === EVERY_MINUTE)) return ANY;
  const shown = answers.filter((one) => one.method === 'GET' && one.path === below && isDecided(one));
  const paused = answers.filter((one) => one.path === `${below}/pause` && isAnswered(one));
  const askedFor = answers.filter(({ path }) => path === `${below}/backfill`);
  const knownMs = Math.min(...made.filter(isAnswered).map(answeredAtMs));
  const decidedMs = Math.max(...shown.map(({ askedAtMs }) => askedAtMs));
  const firstMs = Math.min(...made.map(({ askedAtMs }) => askedAtMs));
  const lastMs = Math.min(...paused.map(answeredAtMs));
  const afterwards = new Set(askedFor.flatMap(listAskedFor));
  return {
    must: new Set([...listMinutes(knownMs, decidedMs), ...askedFor.filter(isAnswered).flatMap(listAskedFor)]),
    mayBe: (dueMs) => afterwards.has(dueMs) || (dueMs % MINUTE_MS === 0 && dueMs >= firstMs && dueMs <= lastMs),
  };
}

/** Nothing that was due when this was asked waits for a decision any more. */
function isDecided({ status, answer, askedAtMs }: RecordedAnswer): boolean {
  const [next] = (answer as { nextDueTimes?: string[] } | null)?.nextDueTimes ?? [];
  return status === 200 && next !== undefined && Date.parse(next) > askedAtMs;
}

/** Of a backfill: from one moment until before another. */
function listAskedFor({ body }: RecordedAnswer): number[] {
  const { from, to } = body as { from: string; to: string };
  return listMinutes(Date.parse(from), Date.parse(to) - 1);
}

const isAnswered = ({ status }: RecordedAnswer): boolean => status === 200;
const answeredAtMs = ({ askedAtMs, askedAt, answeredAt }: RecordedAnswer): number => askedAtMs + answeredAt - askedAt;

/** Full minutes from the first moment to the last, ms since 1970; none where these are not known. */
function listMinutes(fromMs: number, untilMs: number): number[] {
  const first = Math.ceil(fromMs / MINUTE_MS);
  const count = Math.floor(untilMs / MINUTE_MS) - first + 1;
  return Number.isFinite(count) && count > 0
    ? Array.from({ length: count }, (_, index) => (first + index) * MINUTE_MS)
    : [];
}
