import type { OutputValues } from '@baton/domain';
import { acceptFromOwners, type RefusedOutput } from './attempt-owners.ts';
import type { Database } from './data-source.ts';
import { execute, inStatements, placeRows, selectRows, type Runner } from './statements.ts';
import { withRetries } from './with-transaction.ts';

/*
 * What scripts hand on, by track and attempt. An attempt's values are written once, by the run that holds it, before its
 * completion is reported; of a track those of its current attempt count. So a vertex that runs after another finds either
 * all that the other's last attempt wrote or, while that one is still to come, nothing.
 */

/** The values of one attempt. */
export interface AttemptOutputs {
  trackId: number;
  attempt: number;
  values: Readonly<OutputValues>;
}

/**
 * Stores what runs hand on; what is there already stays as it is, so that a repeat changes nothing. Only the run that
 * claimed an attempt may write its values, also after the attempt has ended.
 * @returns the runs whose values were not stored, and why
 */
export async function storeTrackOutputs(
  database: Database,
  sent: readonly (AttemptOutputs & { runId: string })[],
): Promise<RefusedOutput[]> {
  const { accepted, refused } = await acceptFromOwners(database, sent);
  await withRetries(() => insertTrackOutputs(database.dataSource, accepted), { maxTries: 3 });
  return refused;
}

/** Writes values; what is there stays. That the attempt is the caller's to write is the caller's business. */
export async function insertTrackOutputs(runner: Runner, outputs: readonly AttemptOutputs[]): Promise<void> {
  const rows = outputs.flatMap(({ trackId, attempt, values }) =>
    Object.entries(values).map(([name, value]) => ({ trackId, attempt, name, value })),
  );
  // In the order of the key, so that two that write the same wait for each other instead of dying of it.
  rows.sort((a, b) => a.trackId - b.trackId || a.attempt - b.attempt || (a.name < b.name ? -1 : 1));
  for (const part of inStatements(rows, ({ name, value }) => name.length + 2 * Buffer.byteLength(value) + 40)) {
    const { places, values } = placeRows(
      part.map(({ trackId, attempt, name, value }) => [trackId, attempt, name, value]),
    );
    await execute(
      runner,
      `INSERT INTO track_output (track_id, attempt, name, value) VALUES ${places}
        ON DUPLICATE KEY UPDATE name = track_output.name`,
      values,
    );
  }
}

/** @returns the values of one attempt by key, without a prototype; of none an empty object */
export async function readTrackOutputs(runner: Runner, trackId: number, attempt: number): Promise<OutputValues> {
  const rows = await selectRows<{ name: string; value: string }>(
    runner,
    'SELECT name, value FROM track_output WHERE track_id = ? AND attempt = ? ORDER BY name',
    [trackId, attempt],
  );
  const values: OutputValues = Object.create(null);
  for (const { name, value } of rows) values[name] = value;
  return values;
}
