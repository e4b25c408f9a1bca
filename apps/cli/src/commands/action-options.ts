import type { ActionOptions } from '@baton/client';
import type { Command } from 'commander';

/** What every command by which a person moves something takes. */
export interface ActionWords {
  reason?: string;
  idempotencyKey?: string;
}

export function withActionOptions(command: Command): Command {
  return command
    .option('--reason <text>', 'why; kept in the history')
    .option('--idempotency-key <key>', 'the same key again does nothing anew');
}

export function readActionOptions({ reason, idempotencyKey }: ActionWords): ActionOptions {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
