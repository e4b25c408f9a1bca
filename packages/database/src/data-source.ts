import 'reflect-metadata';
import type { Socket } from 'node:net';
import mysql from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.ts';
import { createSilenceWatch, type SilenceWatch } from './watch-silence.ts';

/** An open database: what every function of this package takes first. */
export interface Database {
  dataSource: DataSource;
  /** MariaDB and MySQL differ in what TypeORM may do. */
  flavor: 'mariadb' | 'mysql';
  /** As the server says it, e.g. `10.11.19-MariaDB-0+deb12u1`. */
  version: string;
  /** The statements of a transaction travel together where nobody waits for one of them by itself: see packets. */
  sendsTogether: boolean;
  /** Tracks of which more is ahead are enqueued before others (graph-paths). */
  criticalPath: boolean;
  /** For statements that last: a connection that is silent is not given up. @returns what ends the exception */
  allowSilence(): () => void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `mysql://user:password@host:3306/baton` */
  url: string;
  /** Connections of this process at most; callers beyond them queue. */
  poolSize?: number;
  /** Absent: false. */
  criticalPath?: boolean;
  /** A connection on which nothing is heard for so long is given up, whoever waits for an answer on it; ms. */
  silenceMs?: number;
  /**
   * Whether this process may send several statements as one; default: not. Never where requests from outside come in: there
   * the server itself is to refuse a second statement, whatever else is wrong.
   */
  sendsTogether?: boolean;
}

/** Callers that wait for a connection at most; one more is refused at once instead of waiting for ever. */
const MAX_QUEUED_CALLERS = 2000;
const DEFAULT_POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5000;
/** Idle connections are given up before the server closes them (wait_timeout below). */
const IDLE_TIMEOUT_MS = 15_000;

/** Longer than any statement of ours lasts, and than the API lets a caller wait. */
const SILENCE_MS = 20_000;
const KEEP_ALIVE_MS = 10_000;

/** Shorter than the calls of workers are patient: a claim of a locked pipeline must not take the others' time. */
const LOCK_WAIT_SECONDS = 2;
/** A connection that says nothing for so long is closed by the server. */
export const IDLE_SECONDS = 30;

/**
 * What every connection is told before anything else is sent on it. READ COMMITTED: with the pipeline's row locked
 * first, a later statement of the transaction then sees what was committed before the lock was granted.
 *
 * The time-outs bound what a client that froze inside a transaction keeps from others. It mostly holds row locks without
 * having written yet, which only MariaDB's idle_transaction_timeout and, on MySQL, wait_timeout look at.
 */
const SESSION_SETTINGS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, wait_timeout = ${IDLE_SECONDS},
     sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     group_concat_max_len = 1048576`,
];
const MARIADB_SESSION_SETTINGS = ['SET SESSION idle_transaction_timeout = 10'];

/**
 * Opens the database and finds out which server it is.
 * @throws Error where the server cannot be reached or refuses the credentials; nothing is left open then
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const version = await readVersion(options.url);
  const flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  const settings = flavor === 'mariadb' ? [...SESSION_SETTINGS, ...MARIADB_SESSION_SETTINGS] : SESSION_SETTINGS;
  const sendsTogether = options.sendsTogether ?? false;
  const silence = createSilenceWatch(options.silenceMs ?? SILENCE_MS);
  const dataSource = new DataSource({
    type: flavor,
    url: options.url,
    driver: driverWithSettings(settings, silence),
    poolSize: options.poolSize ?? DEFAULT_POOL_SIZE,
    timezone: 'Z',
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    synchronize: false,
    migrations: MIGRATIONS,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'none',
    entities: [],
    extra: {
      queueLimit: MAX_QUEUED_CALLERS,
      enableKeepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      maxIdle: Math.max((options.poolSize ?? DEFAULT_POOL_SIZE) - 1, 0),
      idleTimeout: IDLE_TIMEOUT_MS,
      flags: ['-LOCAL_FILES'],
      multipleStatements: sendsTogether,
    },
  });
  await dataSource.initialize();
  return {
    dataSource,
    flavor,
    version,
    sendsTogether,
    criticalPath: options.criticalPath ?? false,
    allowSilence: () => silence.suspend(),
    close: () => dataSource.destroy(),
  };
}

async function readVersion(uri: string): Promise<string> {
  const connection = await createConnection({ uri, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return (rows as { version: string }[])[0]?.version ?? '';
  } finally {
    connection.destroy();
  }
}

/** mysql2 as TypeORM uses it, with every new connection of a pool told the settings before it is handed out. */
function driverWithSettings(
  settings: readonly string[],
  silence: SilenceWatch,
): { createPool(options: mysql.PoolOptions): mysql.Pool } {
  return {
    createPool(options) {
      const pool = mysql.createPool(options);
      pool.on('connection', (connection) => {
        silence.watch((connection as unknown as { stream: Socket }).stream);
        for (const statement of settings) {
          connection.query(statement, (error: Error | null) => {
            // A connection with other settings must not be used: ended, the pool makes another.
            if (error !== null) connection.destroy();
          });
        }
      });
      return pool;
    },
  };
}
