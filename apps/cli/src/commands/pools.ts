import { BATON } from '../baton-word.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../format.ts';

/** The pools, with what runs and waits. */
export async function listPools(context: CommandContext): Promise<ExitCode> {
  const items = await context.connect().listPools();
  answer(context, { items }, () => {
    if (items.length === 0) return `No pools. "${BATON} pool set NAME LIMIT" makes one.`;
    const rows = items.map(({ name, limit, running, waiting }) => [
      name,
      String(limit),
      String(running),
      String(waiting),
    ]);
    return formatTable(context.colors, ['pool', 'limit', 'running', 'waiting'], rows);
  });
  return EXIT.success;
}

/** Makes a pool, or changes its limit; what runs goes on. */
export async function setPool(context: CommandContext, name: string, limit: number): Promise<ExitCode> {
  const pool = await context.connect().setPool(name, limit);
  answer(context, pool, () => `Pool ${pool.name}: at most ${pool.limit} at once, ${pool.running} running.`);
  return EXIT.success;
}

/** Removes a pool that nothing needs. */
export async function removePool(context: CommandContext, name: string): Promise<ExitCode> {
  await context.connect().removePool(name);
  answer(context, { name, removed: true }, () => `Pool ${name} is removed.`);
  return EXIT.success;
}
