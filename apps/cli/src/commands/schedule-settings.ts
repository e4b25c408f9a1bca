import {
  ApiError,
  type Client,
  type ParameterValues,
  type Schedule,
  type SchedulePatch,
  type ScheduleRequest,
} from '@baton/client';
import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { collectParams, parseAssignments } from '../parameters.ts';
import { describeNext } from './schedules.ts';

export const OVERLAP_POLICIES = ['allow', 'queue', 'skip', 'replace'] as const satisfies Schedule['overlap'][];

interface SettingOptions {
  timeZone?: string;
  param: string[];
  overlap?: Schedule['overlap'];
  catchUp?: number;
  pipelineName?: string;
  mode?: 'auto' | 'manual';
  onFailure?: 'stop' | 'kill' | 'continue' | 'hold';
  priority?: number;
  /** Seconds. */
  timeout?: number;
}

export interface AddScheduleOptions extends SettingOptions {
  cron: string;
}

export interface ChangeScheduleOptions extends SettingOptions {
  name?: string;
  graph?: string;
  cron?: string;
}

/** Makes a schedule. Required parameters without a value are asked for where there is a terminal. */
export async function addSchedule(
  context: CommandContext,
  { name, graph }: { name: string; graph: string },
  options: AddScheduleOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const params = await readParams(
    client,
    { graph, words: options.param },
    context.isJson ? null : context.terminal.ask,
  );
  const body: ScheduleRequest = { name, graph, cron: options.cron, params, ...readSettings(options) };
  const schedule = await client.createSchedule(body);
  answer(context, schedule, () => `Schedule ${schedule.id} ${printable(schedule.name)}: ${describeNext(schedule)}`);
  return EXIT.success;
}

/** Changes the settings that are given; parameters all together, since secret ones of before cannot be read. */
export async function changeSchedule(
  context: CommandContext,
  reference: string,
  options: ChangeScheduleOptions,
): Promise<ExitCode> {
  const { name, graph, cron, param } = options;
  const body: SchedulePatch = {
    ...(name === undefined ? {} : { name }),
    ...(graph === undefined ? {} : { graph }),
    ...(cron === undefined ? {} : { cron }),
    ...readSettings(options),
  };
  if (Object.keys(body).length === 0 && param.length === 0) {
    throw new CliError('expected something to change, such as --cron or -p name=value, found nothing', EXIT.usage);
  }
  const client = context.connect();
  if (param.length > 0) {
    const before = await client.getSchedule(reference);
    body.params = await readParams(client, { graph: graph ?? before.graph, words: param }, null);
  }
  const schedule = await client.changeSchedule(reference, body);
  answer(context, schedule, () => `Schedule ${printable(schedule.name)} is changed: ${describeNext(schedule)}`);
  return EXIT.success;
}

/** Where there is no such graph the words go out as they are: the API tells that together with what else is wrong. */
async function readParams(
  client: Client,
  { graph, words }: { graph: string; words: readonly string[] },
  ask: CommandContext['terminal']['ask'],
): Promise<ParameterValues> {
  const assignments = parseAssignments(words);
  try {
    return await collectParams(client, { graph, assignments }, { ask });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'graph_not_found') return Object.fromEntries(assignments);
    throw error;
  }
}

function readSettings(options: SettingOptions): SchedulePatch {
  const { timeZone, overlap, catchUp, pipelineName, mode, onFailure, priority, timeout } = options;
  return {
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(catchUp === undefined ? {} : { catchUpLimit: catchUp }),
    ...(pipelineName === undefined ? {} : { pipelineName }),
    ...(mode === undefined ? {} : { mode }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(priority === undefined ? {} : { priority }),
    ...(timeout === undefined ? {} : { timeoutMs: Math.max(1, Math.round(timeout * 1000)) }),
  };
}
