// npm run chaos:versions: bundles the programs and the change of versions from their sources, and runs it. What it takes is in
// src/chaos/versions-main.ts.

import path from 'node:path';
import { buildApps, bundle } from '../../packages/devstack/build.mjs';

await buildApps();
await bundle(import.meta.dirname, { entry: 'src/chaos/versions-main.ts', outfile: 'dist/chaos-versions.mjs' });
await import(path.join(import.meta.dirname, 'dist/chaos-versions.mjs'));
