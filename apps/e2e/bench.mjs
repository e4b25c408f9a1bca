// npm run bench: bundles the programs and the benchmarks from their sources, and runs them. What it takes is in src/bench/main.ts.

import path from 'node:path';
import { buildApps, bundle } from '../../packages/devstack/build.mjs';

await buildApps();
await bundle(import.meta.dirname, { entry: 'src/bench/main.ts', outfile: 'dist/bench.mjs' });
await bundle(import.meta.dirname, { entry: 'src/bench/peers/bullmq-peer.ts', outfile: 'dist/bullmq-peer.mjs' });
await import(path.join(import.meta.dirname, 'dist/bench.mjs'));
