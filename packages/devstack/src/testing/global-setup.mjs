// Jest calls this once before all tests. It loads the set-up proper from its TypeScript source by bundling it, in some 30 ms.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export default async function setUp() {
  const outputDirectory = path.join(import.meta.dirname, '../../dist');
  mkdirSync(outputDirectory, { recursive: true });
  // Of its own name for each run: two runs in one clone must not write the same file.
  const outfile = path.join(outputDirectory, `shared-servers.${process.pid}.mjs`);
  await build({
    entryPoints: [path.join(import.meta.dirname, 'shared-servers.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const { startSharedServers } = await import(pathToFileURL(outfile).href);
  globalThis.batonTestServers = { stop: await startSharedServers(), outfile };
}
