/**
 * npm run chaos -- --seed 7 --minutes 5 [--pipelines-at-once 12]: the random mix against processes of its own. Prints the seed and the
 * commit first: with both it can be told again. Ends with status 1 where anything was violated; then everything is kept.
 */
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { renderReport } from './render-report.ts';
import { runMix } from './run-mix.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '5' },
    'pipelines-at-once': { type: 'string', default: '12' },
  },
});

function readNumber(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name}: expected a number above 0, found ${values[name]}`);
}

const [seed, minutes] = [readNumber('seed'), readNumber('minutes')];
const { stdout: commit } = await execa('git', ['rev-parse', 'HEAD'], { reject: false });
const { stdout: changes } = await execa('git', ['status', '--porcelain'], { reject: false });
console.log(`seed ${seed}, commit ${commit || 'unknown'}${changes ? ' with changes' : ''}`);

/** What is built anew meanwhile must not get into the restarts of a run. */
async function copyBundles(directory: string): Promise<string> {
  for (const app of ['api', 'orchestrator', 'worker']) {
    const [from, to] = [path.resolve('apps', app), path.join(directory, app)];
    await cp(path.join(from, 'dist'), path.join(to, 'dist'), { recursive: true });
    const entries = await readdir(from);
    if (entries.includes('node_modules')) await symlink(path.join(from, 'node_modules'), path.join(to, 'node_modules'));
  }
  return directory;
}

const keepIn = path.resolve('.baton', 'chaos', `seed-${seed}`);
await rm(keepIn, { recursive: true, force: true });
await mkdir(keepIn, { recursive: true });
const summary = await runMix({
  seed,
  minutes,
  keepIn,
  appsDirectory: await copyBundles(path.join(keepIn, 'apps')),
  pipelinesAtOnce: readNumber('pipelines-at-once'),
  report: (line) => console.log(line),
});
console.log(`\n${renderReport(summary)}`);
console.log(`Kept in ${keepIn}`);
if (summary.violations.length > 0 || summary.troubles.length > 0) process.exitCode = 1;
