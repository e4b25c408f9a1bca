#!/usr/bin/env node
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/main.js', import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  console.error('baton: it is not built yet. Run "npm run build" in the repository, then try again.');
  process.exitCode = 3;
}
