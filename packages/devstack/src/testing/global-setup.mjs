// Jest calls this once before all tests. It loads the set-up proper from its TypeScript source by bundling it, in some 30 ms.

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleSource } from './bundle-source.mjs';

export default async function setUp() {
  const outfile = await bundleSource(path.join(import.meta.dirname, 'shared-servers.ts'));
  const { startSharedServers } = await import(pathToFileURL(outfile).href);
  globalThis.batonTestServers = { stop: await startSharedServers(), outfile };
}
