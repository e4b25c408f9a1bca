import type { Worker } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatSpan, formatTable, formatTime, printable, shorten } from '../format.ts';

/** Workers that are alive, with what they run; with --all those that are gone, too. */
export async function listWorkers(context: CommandContext, options: { all?: boolean }): Promise<ExitCode> {
  const workers = await context.connect().listWorkers(options.all === true ? { all: true } : {});
  answer(context, { items: workers }, () =>
    workers.length === 0
      ? 'No worker is alive: nothing can run. "npx baton up" starts two, apps/worker/dist/main.js is one.'
      : renderWorkers(context, workers),
  );
  return EXIT.success;
}

function renderWorkers({ colors }: CommandContext, workers: readonly Worker[]): string {
  const heading = ['worker', 'host', 'pid', 'labels', 'busy', 'isolation', 'state', 'up', 'runs'];
  const rows = workers.map((worker) => [
    shorten(printable(worker.name), 30),
    shorten(printable(worker.host), 30),
    String(worker.pid),
    shorten(worker.labels.join(','), 30),
    `${worker.running.length}/${worker.slots}`,
    printable(worker.isolationLevel),
    describeState(worker),
    formatSpan(worker.startedAt, worker.isAlive ? null : worker.seenAt, Date.now()),
    shorten(worker.running.map(({ pipelineId, vertex }) => `${pipelineId}/${printable(vertex)}`).join(' '), 60),
  ]);
  return formatTable(colors, heading, rows);
}

function describeState({ isAlive, isDraining, problem, seenAt }: Worker): string {
  if (!isAlive) return `gone since ${formatTime(seenAt)}`;
  if (isDraining) return 'draining';
  return problem === null ? 'alive' : `takes nothing: ${shorten(printable(problem), 60)}`;
}
