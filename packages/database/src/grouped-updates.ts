import { addWrite, inChunks, type Runner } from './statements.ts';

/** Collects single-row changes and writes those with the same SQL as one statement. */
export interface GroupedUpdates {
  add(update: { id: number; set: readonly string[]; where: string; values: readonly unknown[] }): void;
  /** Writes all. @throws Error where a row is not as `where` expects it: the transaction is to be rolled back */
  flush(runner: Runner, table: 'track' | 'pipeline'): Promise<void>;
}

export function createGroupedUpdates(): GroupedUpdates {
  const groups = new Map<string, { set: string; where: string; values: readonly unknown[]; ids: number[] }>();
  return {
    add({ id, set, where, values }) {
      const group = { set: set.join(', '), where, values, ids: [id] };
      const key = JSON.stringify([group.set, where, values]);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, group);
      else known.ids.push(id);
    },
    async flush(runner, table) {
      for (const { set, where, values, ids } of groups.values()) {
        for (const chunk of inChunks(ids)) {
          // By the state's index a server would lock rows of others on its way.
          const sql = `UPDATE ${table} FORCE INDEX (PRIMARY) SET ${set} WHERE id IN (?) AND ${where}`;
          await addWrite(runner, {
            sql,
            values: [...values, chunk],
            check(affectedRows) {
              if (affectedRows === chunk.length) return;
              throw new Error(
                `${table} rows are not as they were read under their lock: ${affectedRows} of ${chunk.length}`,
              );
            },
          });
        }
      }
    },
  };
}

/** The SET part of one row's change: what is stated in SQL, and columns with their new values. */
export interface ColumnChanges {
  set: string[];
  values: unknown[];
  assign(column: string, value: unknown): void;
}

export function createColumnChanges(): ColumnChanges {
  const set: string[] = [];
  const values: unknown[] = [];
  return {
    set,
    values,
    assign(column, value) {
      set.push(`${column} = ?`);
      values.push(value);
    },
  };
}
