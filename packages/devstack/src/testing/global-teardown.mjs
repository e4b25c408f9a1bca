// Jest calls this once after all tests, in the process that ran the set-up.

import { rmSync } from 'node:fs';

export default async function tearDown() {
  const servers = globalThis.batonTestServers;
  if (!servers) return; // the set-up failed; it has cleaned up after itself
  await servers.stop();
  rmSync(servers.outfile, { force: true });
}
