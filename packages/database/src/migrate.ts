import { createHash } from 'node:crypto';
import { IDLE_SECONDS, type Database } from './data-source.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { selectRows } from './statements.ts';

const LOCK_WAIT_SECONDS = 60;

/**
 * Brings the tables to the newest version. Safe when several processes do it at once: one at a time, under a named lock of
 * the server; the others find nothing left to do. Safe to repeat after a crash half way.
 * @returns the names of the migrations that this call ran
 * @throws Error where the lock is held for longer than a minute, or the tables are newer than this program
 */
export async function migrate(database: Database): Promise<string[]> {
  const queryRunner = database.dataSource.createQueryRunner();
  const name = lockName(database);
  const endSilence = database.allowSilence();
  try {
    // It only holds the lock while others work, for as long as that takes.
    await queryRunner.query('SET SESSION wait_timeout = 28800');
    const [row] = await selectRows<{ granted: number | null }>(queryRunner, 'SELECT GET_LOCK(?, ?) AS granted', [
      name,
      LOCK_WAIT_SECONDS,
    ]);
    if (row?.granted !== 1)
      throw new Error(`another process has been migrating for over ${LOCK_WAIT_SECONDS} s (lock ${name})`);
    try {
      const done = await database.dataSource.runMigrations({ transaction: 'none' });
      await refuseNewerTables(database);
      return done.map((migration) => migration.name);
    } finally {
      await queryRunner.query('SELECT RELEASE_LOCK(?)', [name]);
      await queryRunner.query(`SET SESSION wait_timeout = ${IDLE_SECONDS}`);
    }
  } finally {
    endSilence();
    await queryRunner.release();
  }
}

/** @returns whether every migration that this program knows has been run: the others wait for that before they start */
export async function isMigrated(database: Database): Promise<boolean> {
  const names = await migratedNames(database);
  return MIGRATIONS.every((migration) => names.has(migration.name));
}

async function refuseNewerTables(database: Database): Promise<void> {
  const known = new Set<string>(MIGRATIONS.map(({ name }) => name));
  const unknown = [...(await migratedNames(database))].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Error(
      `the tables are newer than this program: it does not know ${unknown.join(', ')}; run a newer Baton`,
    );
  }
}

async function migratedNames(database: Database): Promise<Set<string>> {
  const [table] = await selectRows<{ found: number }>(
    database.dataSource,
    `SELECT COUNT(*) AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migration'`,
  );
  if (table?.found !== 1) return new Set();
  const rows = await selectRows<{ name: string }>(database.dataSource, 'SELECT name FROM migration');
  return new Set(rows.map(({ name }) => name));
}

/** Lock names are the server's, not the database's, and at most 64 characters. */
function lockName({ dataSource }: Database): string {
  const databaseName = String(dataSource.driver.database);
  return `baton_migrate_${createHash('sha256').update(databaseName).digest('hex').slice(0, 32)}`;
}
