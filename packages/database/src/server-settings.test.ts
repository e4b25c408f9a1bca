import { expect, test } from '@jest/globals';
import {
  findServerFaults,
  judgeClock,
  judgeServer,
  measureClockSkew,
  readServerSettings,
  type ServerSettings,
} from './server-settings.ts';
import { useTestDatabase } from './testing-database.ts';

const database = useTestDatabase();

test('the servers of the tests are as they should be', async () => {
  expect(await findServerFaults(database)).toEqual([]);
  expect((await readServerSettings(database)).variables.get('innodb_flush_log_at_trx_commit')).toBe('1');
});

/** A MySQL as it should be, with some variables changed. */
function codesOf(variables: Record<string, string>, changes: Partial<ServerSettings> = {}): string[] {
  const good = { innodb_flush_log_at_trx_commit: '1', log_bin: 'ON', sync_binlog: '1', read_only: 'OFF' };
  const session = { sqlMode: 'STRICT_TRANS_TABLES', isolation: 'READ-COMMITTED', timeZone: '+00:00' };
  const settings: ServerSettings = {
    flavor: 'mysql',
    version: '8.4.3',
    session,
    variables: new Map(Object.entries({ ...good, ...variables })),
    ...changes,
  };
  return judgeServer(settings).map(({ code, severity }) => `${severity} ${code}`);
}

const GROUP = { group_replication_group_name: 'a1b2', group_replication_single_primary_mode: 'OFF' };

/** What no server of the tests can be made to say. */
test.each<[string, Record<string, string>, string[]]>([
  ['nothing', {}, []],
  ['Galera', { wsrep_on: 'ON' }, ['error mysql_multi_writer']],
  ['group replication with several primaries', GROUP, ['error mysql_multi_writer']],
  ['with one', { ...GROUP, group_replication_single_primary_mode: 'ON' }, []],
  ['read-only', { read_only: 'ON' }, ['warning mysql_read_only']],
  ['no doublewrite', { innodb_doublewrite: 'OFF' }, ['warning mysql_no_doublewrite']],
  ['no binary log', { log_bin: 'OFF', sync_binlog: '0' }, []],
  ['flushes once a second', { innodb_flush_log_at_trx_commit: '0' }, ['error mysql_not_durable']],
])('%s', (_, variables, codes) => {
  expect(codesOf(variables)).toEqual(codes);
});

test.each<[ServerSettings['flavor'], string, boolean]>([
  ['mysql', '8.0.40', true],
  ['mysql', '8.4.0', false],
  ['mysql', '9.7.0', false],
  ['mariadb', '10.6.20-MariaDB', true],
  ['mariadb', '10.11.2-MariaDB-log', false],
  ['mariadb', '11.4.1-MariaDB', false],
  ['mariadb', '12.0.1-MariaDB', false],
])('%s %s is too old: %s', (flavor, version, isTooOld) => {
  expect(codesOf({}, { flavor, version })).toEqual(isTooOld ? ['error mysql_too_old'] : []);
});

test('clocks are compared to within the time that the answer takes', async () => {
  expect(Math.abs(await measureClockSkew(database))).toBeLessThan(1000);
  const hour = 3_600_000;
  const ahead = await measureClockSkew(database, () => Date.now() + hour);
  expect(Math.abs(ahead - hour)).toBeLessThan(1000);
  expect(judgeClock('a', 4000)).toEqual([]);
  expect(judgeClock('a', -hour)).toMatchObject([
    { severity: 'warning', found: "the clock of a is 3600 s behind the database's" },
  ]);
});
