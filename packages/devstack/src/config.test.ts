import { expect, test } from '@jest/globals';
import { readDevstackConfig, readInheritedEnvironment } from './config.ts';

test('programs are looked for in PATH and where servers are kept, never in node_modules', () => {
  const { searchFolders } = readDevstackConfig({ PATH: '/x/node_modules/.bin:/opt/bin:relative:/usr/sbin' });
  expect(searchFolders.slice(0, 2)).toEqual(['/opt/bin', '/usr/sbin']);
  expect(searchFolders).toContain('/usr/libexec');
  expect(searchFolders.filter((folder) => folder.includes('node_modules') || folder === 'relative')).toEqual([]);
});

test('a command line is split into words; empty settings are none', () => {
  const config = readDevstackConfig({ BATON_DEVSTACK_MYSQLD: ' /dir/run  mysqld ', BATON_MYSQL_URL: '', PATH: '' });
  expect(config).toMatchObject({ mysqldCommand: ['/dir/run', 'mysqld'] });
  expect(config).not.toHaveProperty('mysqlUrl');
});

test('a process of a stack inherits settings, but no address, no token and no database', () => {
  const inherited = readInheritedEnvironment({
    PATH: '/bin',
    BATON_CONCURRENCY: '8',
    BATON_MYSQL_URL: 'mysql://x',
    BATON_TEST_MYSQL_URL: 'mysql://x',
    BATON_TOKEN: 'x',
    BATON_WORKER_TOKEN: 'x',
    BATON_PORT: '1',
  });
  expect(inherited).toEqual({ PATH: '/bin', BATON_CONCURRENCY: '8' });
});
