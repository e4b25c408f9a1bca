// npm run chaos:cancel: bundles the programs and the measure from their sources, and runs it. What it takes is in src/chaos/cancel-main.ts.

import path from 'node:path';
import { buildApps, bundle } from '../../packages/devstack/build.mjs';

await buildApps();
await bundle(import.meta.dirname, { entry: 'src/chaos/cancel-main.ts', outfile: 'dist/chaos-cancel.mjs' });
await import(path.join(import.meta.dirname, 'dist/chaos-cancel.mjs'));
