import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DevstackConfig } from './config.ts';
import { findMysqlProgram, findRedisProgram, isAtLeast } from './find-programs.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';

const MYSQL = 'mysqld  Ver 9.7.0 for Linux on x86_64 (Debian)';
const OLD_MYSQL = 'mysqld  Ver 8.0.44-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))';
const MARIADB = 'mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)';

let folder: ReturnType<typeof makeTemporaryDirectory>;
let config: DevstackConfig;

beforeEach(() => {
  folder = makeTemporaryDirectory();
  config = { searchFolders: ['one', 'two'].map((name) => path.join(folder.directory, name)) };
  for (const name of config.searchFolders) mkdirSync(name);
});

afterEach(() => folder.remove());

function addProgram(name: string, output: string, mode = 0o755): string {
  const file = path.join(folder.directory, name);
  writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${output}\nEND\n`, { mode });
  return file;
}

test('mysqld that is MariaDB is taken for MariaDB, with its installer', async () => {
  const mysqld = addProgram('one/mysqld', MARIADB);
  const installer = addProgram('two/mariadb-install-db', '');
  addProgram('two/my_print_defaults', '');
  await expect(findMysqlProgram(config)).resolves.toEqual({
    flavor: 'mariadb',
    version: '10.11.19',
    command: [mysqld],
    installCommand: [installer],
  });
});

test('MySQL proper comes before MariaDB, unless there is data of MariaDB', async () => {
  addProgram('one/mariadbd', MARIADB);
  addProgram('one/mariadb-install-db', '');
  addProgram('one/my_print_defaults', '');
  addProgram('two/mysqld', MYSQL);
  await expect(findMysqlProgram(config)).resolves.toMatchObject({ flavor: 'mysql', version: '9.7.0' });
  await expect(findMysqlProgram(config, 'mariadb')).resolves.toMatchObject({ flavor: 'mariadb' });
});

test('MariaDB without what makes a data directory, a version that is too old, and a file that cannot run are no servers', async () => {
  addProgram('one/mariadbd', MARIADB);
  addProgram('one/mariadb-install-db', ''); // a script that fails without my_print_defaults
  addProgram('one/mysqld', OLD_MYSQL);
  addProgram('two/mysqld', MYSQL, 0o644);
  await expect(findMysqlProgram(config)).resolves.toBeNull();
});

test('Valkey comes before Redis, and Redis 6 is too old', async () => {
  addProgram('one/redis-server', 'Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1');
  await expect(findRedisProgram(config)).resolves.toBeNull();
  addProgram('two/redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1');
  await expect(findRedisProgram(config)).resolves.toMatchObject({ flavor: 'redis', version: '7.0.15' });
  addProgram('two/valkey-server', 'Valkey server v=8.1.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1');
  await expect(findRedisProgram(config)).resolves.toMatchObject({ flavor: 'valkey', version: '8.1.4' });
});

test('a command line replaces the search, and one that is no server is refused by name', async () => {
  const mysqld = addProgram('one/own', MYSQL);
  const command = [mysqld, '--lc-messages-dir=/somewhere'];
  await expect(findMysqlProgram({ ...config, mysqldCommand: command })).resolves.toMatchObject({ command });
  const notAServer = findRedisProgram({ ...config, redisServerCommand: ['/nowhere/redis-server'] });
  await expect(notAServer).rejects.toThrow(/BATON_DEVSTACK_REDIS_SERVER is "\/nowhere\/redis-server", but/);
});

test('versions are compared number by number', () => {
  expect(isAtLeast('10.11.0', '10.11.0')).toBe(true);
  expect(isAtLeast('10.2.44', '10.11.0')).toBe(false);
  expect(isAtLeast('11.0', '10.11.0')).toBe(true);
  expect(isAtLeast('7', '7.0.0')).toBe(true);
});
