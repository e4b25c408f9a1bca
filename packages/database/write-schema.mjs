// npm run schema: writes schema.sql, the tables as a private MariaDB states them after all migrations.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleSource } from '../devstack/src/testing/bundle-source.mjs';

const here = import.meta.dirname;
const directory = mkdtempSync(path.join(tmpdir(), 'baton-schema-'));
const databaseFile = path.join(here, 'dist', `testing.${process.pid}.mjs`);
const serversFile = await bundleSource(path.join(here, '../devstack/src/start-servers.ts'));
const load = (file) => import(pathToFileURL(file).href);
try {
  await build({
    entryPoints: [path.join(here, 'src/testing.ts')],
    outfile: databaseFile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['typeorm', 'mysql2', 'reflect-metadata', 'lru-cache', 'zod', 'yaml', 're2js'],
    logLevel: 'error',
  });
  const [{ startServers }, { createTestDatabase, dumpSchema }] = await Promise.all(
    [serversFile, databaseFile].map(load),
  );
  const servers = await startServers({ directory, report: (line) => console.error(line), purpose: 'tests' });
  try {
    const database = await createTestDatabase(servers.mysqlUrl);
    if (database.flavor !== 'mariadb') throw new Error(`schema.sql is MariaDB's; found ${database.version}`);
    writeFileSync(path.join(here, 'schema.sql'), await dumpSchema(database));
    await database.close();
  } finally {
    await servers.stop();
  }
} finally {
  for (const file of [databaseFile, serversFile]) rmSync(file, { force: true });
  rmSync(directory, { recursive: true, force: true });
}
