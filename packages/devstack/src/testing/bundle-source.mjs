import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Bundles a TypeScript file of this package so that plain Node can run it; npm packages stay outside. Returns the new file. */
export async function bundleSource(sourcePath) {
  const outputDirectory = path.join(import.meta.dirname, '../../dist');
  mkdirSync(outputDirectory, { recursive: true });
  // Of its own name for each process: two runs in one clone must not write the same file.
  const outfile = path.join(outputDirectory, `${path.basename(sourcePath, '.ts')}.${process.pid}.mjs`);
  await build({
    entryPoints: [sourcePath],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}
