// Starts servers in the directory that is its argument, prints their processes, and stays until it is killed: a parent for tests to kill.

import { startServers } from '../start-servers.ts';

const servers = await startServers({
  directory: process.argv[2] ?? '',
  report: (line) => console.error(line),
  purpose: 'tests',
});
console.log(JSON.stringify({ pids: [servers.mysql?.pid, servers.redis?.pid], mysqlUrl: servers.mysqlUrl }));
setInterval(() => undefined, 60_000);
