import type { Finding } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/*
 * What MySQL must be for Baton's promises: it flushes at each commit, is the only one that writes, refuses values that do not
 * fit instead of bending them, and is of a version that Baton is tested with. Every process that opens the database asks
 * before it starts; `baton doctor` asks again, because settings change while servers run.
 */

export interface ServerSettings {
  flavor: Database['flavor'];
  version: string;
  /** By name, as the server says them; those that it does not know are missing. */
  variables: ReadonlyMap<string, string>;
  /** Of our sessions, whatever stands between us and the server. */
  session: { sqlMode: string; isolation: string; timeZone: string };
}

/** The oldest versions that Baton is tested with. */
const OLDEST = { mysql: [8, 4], mariadb: [10, 11] } as const;
const NAMES = { mysql: 'MySQL', mariadb: 'MariaDB' } as const;

const READ_VARIABLES = `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog',
  'wsrep_on', 'group_replication_group_name', 'group_replication_single_primary_mode', 'read_only', 'innodb_doublewrite')`;

/** MySQL calls it transaction_isolation, MariaDB below 11.1 tx_isolation. */
const READ_SESSION = `SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode', 'transaction_isolation', 'tx_isolation', 'time_zone')`;

export async function readServerSettings(database: Database): Promise<ServerSettings> {
  const variables = await readVariables(database, READ_VARIABLES);
  const session = await readVariables(database, READ_SESSION);
  return {
    flavor: database.flavor,
    version: database.version,
    variables,
    session: {
      sqlMode: session.get('sql_mode') ?? '',
      isolation: session.get('transaction_isolation') ?? session.get('tx_isolation') ?? '',
      timeZone: session.get('time_zone') ?? '',
    },
  };
}

async function readVariables({ dataSource }: Database, sql: string): Promise<Map<string, string>> {
  const rows = await selectRows<{ Variable_name: string; Value: string }>(dataSource, sql);
  return new Map(rows.map(({ Variable_name: name, Value: value }) => [name.toLowerCase(), value]));
}

/** @returns what is unsafe (`error`) or doubtful (`warning`) about a server; none where it is as it should be */
export function judgeServer(settings: ServerSettings): Finding[] {
  return [
    ...judgeVersion(settings),
    ...judgeDurability(settings),
    ...judgeWriters(settings),
    ...judgeSession(settings),
  ];
}

/** The database with all that is wrong with its server. */
export async function findServerFaults(database: Database): Promise<Finding[]> {
  return judgeServer(await readServerSettings(database));
}

function judgeVersion({ flavor, version }: ServerSettings): Finding[] {
  const oldest = OLDEST[flavor];
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return [];
  return [
    {
      code: 'mysql_too_old',
      severity: 'error',
      found: `the server is ${NAMES[flavor]} ${version}, older than Baton is tested with`,
      advice: 'use MySQL 8.4 or newer, or MariaDB 10.11 or newer',
    },
  ];
}

function judgeDurability({ variables }: ServerSettings): Finding[] {
  const findings: Finding[] = [];
  const flush = variables.get('innodb_flush_log_at_trx_commit');
  if (flush !== undefined && flush !== '1') {
    findings.push({
      code: 'mysql_not_durable',
      severity: 'error',
      found: `innodb_flush_log_at_trx_commit is ${flush}: a crash of the server loses what it has committed, and Baton has promised`,
      advice: 'set innodb_flush_log_at_trx_commit = 1, in its configuration file too',
    });
  }
  const sync = variables.get('sync_binlog');
  if (variables.get('log_bin') === 'ON' && sync !== '1') {
    findings.push({
      code: 'mysql_binlog_not_synced',
      severity: 'warning',
      found: `the binary log is on and sync_binlog is ${sync}: after a crash of the server replicas and backups made from it may lack its last commits`,
      advice: 'set sync_binlog = 1',
    });
  }
  if (variables.get('innodb_doublewrite')?.toUpperCase() === 'OFF') {
    findings.push({
      code: 'mysql_no_doublewrite',
      severity: 'warning',
      found:
        'innodb_doublewrite is OFF: a power failure in the middle of a page makes the table unreadable, unless the file system writes pages whole',
      advice: 'set innodb_doublewrite = ON, unless it is known that the file system does',
    });
  }
  return findings;
}

/** Galera with several writers lost commits and showed old rows also while healthy (RELIABILITY: Jepsen, 2026). */
function judgeWriters({ variables }: ServerSettings): Finding[] {
  const advice = 'use one primary that is no member of such a cluster';
  const group = variables.get('group_replication_group_name') ?? '';
  const isMulti = group !== '' && variables.get('group_replication_single_primary_mode') === 'OFF';
  if (variables.get('wsrep_on') === 'ON') {
    const found =
      'wsrep_on is ON: the server is a member of a Galera cluster, whose members may lose or reorder what another has committed';
    return [{ code: 'mysql_multi_writer', severity: 'error', found, advice }];
  }
  if (isMulti) {
    const found = 'group replication runs with several primaries: their locks do not see each other';
    return [{ code: 'mysql_multi_writer', severity: 'error', found, advice: `${advice}, or its only primary` }];
  }
  if (variables.get('read_only') !== 'ON') return [];
  return [
    {
      code: 'mysql_read_only',
      severity: 'warning',
      found: 'the server is read-only: nothing can be started or ended until it takes writes',
      advice: 'end what made it read-only, or point BATON_MYSQL_URL at the primary',
    },
  ];
}

/** What every connection is told (data-source), as it arrived: a proxy between may keep it to itself. */
function judgeSession({ session }: ServerSettings): Finding[] {
  const findings: Finding[] = [];
  const advice =
    'connect without a proxy that shares sessions among clients, or have it keep what a session is told (SET SESSION ...)';
  const add = (code: Finding['code'], found: string): void =>
    void findings.push({ code, severity: 'error', found, advice });
  if (!/\bSTRICT_(ALL|TRANS)_TABLES\b/.test(session.sqlMode)) {
    const mode = session.sqlMode === '' ? 'empty' : session.sqlMode;
    add(
      'mysql_not_strict',
      `sql_mode of our sessions is ${mode}, although they ask for a strict one: values would be cut`,
    );
  }
  if (!/^READ[- ]COMMITTED$/i.test(session.isolation)) {
    add(
      'mysql_isolation',
      `the isolation level of our sessions is ${session.isolation}, although they ask for READ-COMMITTED: joins would be lost`,
    );
  }
  if (!/^\+?0?0:00$/.test(session.timeZone)) {
    add('mysql_time_zone', `the time zone of our sessions is ${session.timeZone}, although they ask for +00:00`);
  }
  return findings;
}

/** Further away from the database's clock than this, a process's own times mislead people. No lease depends on it. */
export const MAX_CLOCK_SKEW_MS = 5000;

/**
 * @param now the process's wall clock, ms
 * @returns how far it is ahead of the database's, ms; what the answer took is not counted against it
 */
export async function measureClockSkew(database: Database, now: () => number = Date.now): Promise<number> {
  const askedAt = now();
  const [row] = await selectRows<{ at: Date }>(database.dataSource, 'SELECT UTC_TIMESTAMP(6) AS at');
  const answeredAt = now();
  const at = row?.at.getTime() ?? askedAt;
  if (at < askedAt) return askedAt - at;
  return at > answeredAt ? answeredAt - at : 0;
}

/** @param who as the sentence begins, e.g. `this process` */
export function judgeClock(who: string, skewMs: number): Finding[] {
  if (Math.abs(skewMs) <= MAX_CLOCK_SKEW_MS) return [];
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return [
    {
      code: 'clock_skew',
      severity: 'warning',
      found: `the clock of ${who} is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the database's`,
      advice:
        'run a time service (chrony, systemd-timesyncd) on both hosts; leases and schedules go by the database alone',
    },
  ];
}
