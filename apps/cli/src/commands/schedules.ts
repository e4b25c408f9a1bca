import type { DueTime, Schedule } from '@baton/client';
import type { Colors } from 'picocolors/types';
import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatTable, formatTime, printable, shorten } from '../format.ts';

const SHOWN_DUE_TIMES = 10;

/** Lists every schedule. */
export async function listSchedules(context: CommandContext, options: { name?: string }): Promise<ExitCode> {
  const items: Schedule[] = [];
  for await (const schedule of context.connect().listSchedules(options)) items.push(schedule);
  answer(context, { items }, () => {
    const heading = ['id', 'name', 'cron', 'time zone', 'graph', 'overlap', 'next due'];
    const rows = items.map((schedule) => [
      String(schedule.id),
      shorten(printable(schedule.name), 40),
      schedule.cron,
      schedule.timeZone,
      shorten(printable(schedule.graph), 40),
      schedule.overlap,
      describeState(context.colors, schedule),
    ]);
    return rows.length === 0 ? 'No schedules.' : formatTable(context.colors, heading, rows);
  });
  return EXIT.success;
}

/** Shows a schedule with what became of its last due times. */
export async function showSchedule(context: CommandContext, reference: string): Promise<ExitCode> {
  const client = context.connect();
  const schedule = await client.getSchedule(reference);
  const dueTimes = await client.listDueTimes(reference, SHOWN_DUE_TIMES);
  answer(context, { ...schedule, dueTimes }, () => renderSchedule(context.colors, schedule, dueTimes));
  return EXIT.success;
}

function renderSchedule(colors: Colors, schedule: Schedule, dueTimes: readonly DueTime[]): string {
  const params = Object.entries(schedule.params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const facts = [
    `${colors.bold(printable(schedule.name))} (${schedule.id}), made by ${printable(schedule.createdBy)}`,
    `starts   ${printable(schedule.graph)} ${printable(params.join(' '))}`.trimEnd(),
    `when     ${schedule.cron} in ${schedule.timeZone}`,
    `overlap  ${schedule.overlap}; catches up ${schedule.catchUpLimit}`,
    `next     ${schedule.pausedAt === null ? schedule.nextDueTimes.map(formatTime).join(', ') : describeNext(schedule)}`,
  ];
  if (schedule.lastError !== null) facts.push(colors.red(`failed   ${printable(schedule.lastError)}`));
  if (dueTimes.length === 0) return facts.join('\n');
  const rows = dueTimes.map(({ dueAt, state, pipelineId, isBackfill, detail }) => [
    formatTime(dueAt),
    state === 'failed' ? colors.red(state) : state,
    pipelineId === null ? '' : String(pipelineId),
    isBackfill ? 'backfill' : '',
    shorten(printable(detail ?? ''), 80),
  ]);
  return `${facts.join('\n')}\n\n${formatTable(colors, ['due (UTC)', 'became', 'pipeline', '', ''], rows)}`;
}

/** Pauses a schedule; again is the same as once. */
export async function pauseSchedule(context: CommandContext, reference: string): Promise<ExitCode> {
  const schedule = await context.connect().pauseSchedule(reference);
  answer(context, schedule, () => `Schedule ${printable(schedule.name)} is paused; its pipelines go on.`);
  return EXIT.success;
}

/** Lets a paused schedule go on. */
export async function resumeSchedule(context: CommandContext, reference: string): Promise<ExitCode> {
  const schedule = await context.connect().resumeSchedule(reference);
  answer(context, schedule, () => `Schedule ${printable(schedule.name)}: ${describeNext(schedule)}`);
  return EXIT.success;
}

/** Removes a schedule. */
export async function removeSchedule(context: CommandContext, reference: string): Promise<ExitCode> {
  await context.connect().removeSchedule(reference);
  answer(context, { schedule: reference, removed: true }, () => `Schedule ${printable(reference)} is removed.`);
  return EXIT.success;
}

export interface BackfillOptions {
  from: string;
  to: string;
  atOnce: number;
}

/** Asks for the due times of a range; again asks for nothing new. */
export async function backfillSchedule(
  context: CommandContext,
  reference: string,
  { from, to, atOnce }: BackfillOptions,
): Promise<ExitCode> {
  const body = { from: readTime('--from', from), to: readTime('--to', to), atOnce };
  const result = await context.connect().backfillSchedule(reference, body);
  answer(context, result, () => {
    const { dueTimes, queued } = result;
    return `${queued} of ${dueTimes} due times wait to be started; the others were, or wait already.`;
  });
  return EXIT.success;
}

/** A date alone begins at midnight UTC, as all times of Baton are. @throws CliError */
function readTime(option: string, text: string): string {
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = new Date(text);
  if (isTime && !Number.isNaN(time.getTime())) return time.toISOString();
  const form = 'a date or a time with its offset, such as 2026-05-01 or 2026-05-01T02:00:00+02:00';
  throw new CliError(`expected ${option} to be ${form}, found ${JSON.stringify(text)}`, EXIT.usage);
}

/** When it is due next, or that it is paused. */
export function describeNext({ pausedAt, nextDueTimes: [next] }: Schedule): string {
  if (pausedAt !== null) return `paused since ${formatTime(pausedAt)}.`;
  return `due next at ${formatTime(next ?? null)} UTC.`;
}

function describeState(colors: Colors, schedule: Schedule): string {
  const { pausedAt, nextDueTimes, lastError } = schedule;
  if (pausedAt !== null) return colors.yellow('paused');
  const next = formatTime(nextDueTimes[0] ?? null);
  return lastError === null ? next : `${next} ${colors.red('(the last failed)')}`;
}
