// npm run chaos: bundles the programs and the chaos harness from their sources, and runs it. What it takes is in src/chaos/main.ts.

import path from 'node:path';
import { buildApps, bundle } from '../../packages/devstack/build.mjs';

await buildApps();
await bundle(import.meta.dirname, { entry: 'src/chaos/main.ts', outfile: 'dist/chaos.mjs' });
await import(path.join(import.meta.dirname, 'dist/chaos.mjs'));
