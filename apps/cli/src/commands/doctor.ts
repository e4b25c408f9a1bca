import type { Examination, Finding } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatSpan, formatTable, printable } from '../format.ts';

/**
 * What is wrong with the installation, with what to do.
 * @returns 1 where something is that needs doing; notes alone are no reason
 */
export async function runDoctor(context: CommandContext): Promise<ExitCode> {
  const examination = await context.connect().examine();
  answer(context, examination, () => renderExamination(context, examination));
  return examination.findings.some(({ severity }) => severity !== 'note') ? EXIT.failed : EXIT.success;
}

function renderExamination(context: CommandContext, examination: Examination): string {
  const { findings } = examination;
  const found =
    findings.length === 0
      ? `${context.colors.green('Nothing found')}: servers, settings, clocks, processes, queues and tables are as they should be.`
      : findings.map((finding) => renderFinding(context, finding)).join('\n');
  return `${renderServers(examination)}\n${renderProcesses(context, examination)}\n${found}\n`;
}

function renderServers({ mysql, redis, queues }: Examination): string {
  const waiting = queues?.reduce((sum, queue) => sum + queue.waiting, 0);
  const parked = queues?.reduce((sum, queue) => sum + queue.parked, 0);
  const entries = waiting === undefined ? '' : `; ${waiting} entries wait, ${parked} are parked`;
  return `MySQL: ${printable(mysql.version)}. Redis: ${redis === null ? 'unknown' : printable(redis.server)}${entries}.\n`;
}

function renderProcesses({ colors }: CommandContext, { processes, at }: Examination): string {
  const rows = processes.map((process) => [
    process.kind,
    printable(process.id),
    printable(process.host),
    String(process.pid),
    printable(process.softwareVersion),
    formatSpan(process.startedAt, null, new Date(at).getTime()),
    `${process.clockSkewMs} ms`,
    Object.entries(process.counters)
      .map(([name, count]) => `${printable(name)} ${count}`)
      .join(', '),
  ]);
  return formatTable(colors, ['process', 'id', 'host', 'pid', 'version', 'up', 'clock', 'has counted'], rows);
}

function renderFinding({ colors }: CommandContext, { severity, code, found, advice }: Finding): string {
  const color = { error: colors.red, warning: colors.yellow, note: colors.dim }[severity];
  return `${color(`${severity}: ${code}`)}\n  ${printable(found)}\n  -> ${printable(advice)}`;
}
