import { Option, type Command } from 'commander';
import { collect, readPositive, readWholeNumber } from '../options.ts';
import type { Act } from '../program.ts';
import {
  addSchedule,
  changeSchedule,
  OVERLAP_POLICIES,
  type AddScheduleOptions,
  type ChangeScheduleOptions,
} from './schedule-settings.ts';
import {
  backfillSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  showSchedule,
  type BackfillOptions,
} from './schedules.ts';

/** The words of `baton schedule`. */
export function addScheduleCommands(program: Command, act: Act): void {
  const schedule = program.command('schedule').description('start graphs by the calendar');
  addAddCommand(schedule, act);
  addChangeCommand(schedule, act);
  schedule
    .command('list')
    .description('list the schedules')
    .option('--name <prefix>', 'only names that begin so')
    .action(async (options: { name?: string }) => act(listSchedules)(options));
  schedule
    .command('show')
    .description('show a schedule, its next due times, and what became of the last ones')
    .argument('<schedule>', 'id or name')
    .action(async (reference: string) => act(showSchedule)(reference));
  schedule
    .command('pause')
    .description('start nothing of a schedule, queued due times and backfills included')
    .argument('<schedule>', 'id or name')
    .action(async (reference: string) => act(pauseSchedule)(reference));
  schedule
    .command('resume')
    .description('let a paused schedule go on; the due times of the pause are not made up for')
    .argument('<schedule>', 'id or name')
    .action(async (reference: string) => act(resumeSchedule)(reference));
  schedule
    .command('remove')
    .description('remove a schedule and what waits of it; its pipelines stay and go on')
    .argument('<schedule>', 'id or name')
    .action(async (reference: string) => act(removeSchedule)(reference));
  schedule
    .command('backfill')
    .description('start the due times of a range that were not started, one after the other')
    .argument('<schedule>', 'id or name')
    .requiredOption('--from <time>', 'due times from here on, such as 2026-05-01 or 2026-05-01T02:00:00Z')
    .requiredOption('--to <time>', 'and before this; not in the future')
    .option('--at-once <number>', 'so many of these pipelines run at once', readWholeNumber(1, 100), 1)
    .action(async (reference: string, options: BackfillOptions) => act(backfillSchedule)(reference, options));
}

function addAddCommand(schedule: Command, act: Act): void {
  const command = schedule
    .command('add')
    .description('make a schedule that starts a graph')
    .argument('<name>', 'of the schedule; no other has it')
    .argument('<graph>', 'name, id, or name@version; without a version the latest at each due time')
    .requiredOption('--cron <expression>', CRON);
  addSettings(command).action(async (name: string, graph: string, options: AddScheduleOptions) =>
    act(addSchedule)({ name, graph }, options),
  );
}

function addChangeCommand(schedule: Command, act: Act): void {
  const command = schedule
    .command('change')
    .description('change settings of a schedule; those that are not named stay, -p gives all parameters anew')
    .argument('<schedule>', 'id or name')
    .option('--name <name>', 'another name')
    .option('--graph <graph>', 'another graph: name, id, or name@version')
    .option('--cron <expression>', CRON);
  addSettings(command).action(async (reference: string, options: ChangeScheduleOptions) =>
    act(changeSchedule)(reference, options),
  );
}

const CRON = '"minute hour day month weekday", or @daily, @hourly, ...';

/** What of a schedule has a value where none is given. */
function addSettings(command: Command): Command {
  return command
    .option('--time-zone <zone>', 'such as Europe/Berlin; UTC unless given')
    .option(
      '-p, --param <name=value>',
      'value of a parameter; vertex.name=value for one vertex; may be repeated',
      collect,
      [],
    )
    .addOption(
      new Option('--overlap <policy>', 'what happens while a pipeline of it still runs; queue unless given').choices(
        OVERLAP_POLICIES,
      ),
    )
    .option(
      '--catch-up <number>',
      'start so many missed due times afterwards; 1 unless given',
      readWholeNumber(0, 1000),
    )
    .option('--pipeline-name <name>', "of its pipelines; the schedule's unless given")
    .addOption(new Option('--mode <mode>', 'how they flow').choices(['auto', 'manual']))
    .addOption(
      new Option('--on-failure <policy>', 'what a failed track means').choices(['stop', 'kill', 'continue', 'hold']),
    )
    .option('--priority <number>', 'higher starts sooner, 0 to 1000', readWholeNumber(0, 1000))
    .option('--timeout <seconds>', 'a pipeline that lasts longer is FAILED', readPositive);
}
