import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { startServers } from './start-servers.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';

test('without programs a Docker engine is asked for both servers, and containers that do not serve are stopped', async () => {
  const { directory, remove } = makeTemporaryDirectory();
  const calls = path.join(directory, 'calls');
  // An engine that says yes to everything and starts nothing.
  writeFileSync(path.join(directory, 'docker'), `#!/bin/sh\necho "$@" >> ${calls}\n`, { mode: 0o755 });
  const reports: string[] = [];
  const starting = startServers({
    directory,
    report: (line) => reports.push(line),
    purpose: 'stack',
    searchFolders: [directory],
    environment: {},
  });
  await expect(starting).rejects.toThrow(/the container "mysql" \(.*ECONNREFUSED/);

  expect(reports).toEqual(['Starting mysql and redis with Docker (the first time pulls the images) ...']);
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  expect(lines.slice(0, 2)).toEqual(['info', 'compose version']);
  expect(lines[2]).toMatch(
    /^compose --project-name baton-\w{8} --file \S+\/docker-compose\.yml --env-file .* up -d --wait mysql redis$/,
  );
  expect(
    lines
      .slice(3)
      .map((line) => line.replace(/.* (stop \w+)$/, '$1'))
      .sort(),
  ).toEqual(['stop mysql', 'stop redis']);
  const settings = path.join(directory, 'compose.env');
  expect(statSync(settings).mode & 0o777).toBe(0o600);
  expect(lines.join('')).not.toContain(/BATON_MYSQL_PASSWORD=(.*)/.exec(readFileSync(settings, 'utf8'))?.[1]);
  remove();
});
