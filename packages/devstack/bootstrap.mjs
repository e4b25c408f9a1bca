// What `npm start` and `npm test` run. It works on a fresh clone: plain JS, nothing from node_modules before `npm ci` has run.
// Steps: the right Node; dependencies as in package-lock.json; fresh bundles; then the command itself, with its exit status.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { isBuildFresh } from './build-stamp.mjs';
import { satisfiesRange } from './node-range.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const LOCK_STAMP = path.join(root, 'node_modules/.baton-lock');

await main(process.argv.slice(2));

async function main([command, ...commandArguments]) {
  if (command !== 'start' && command !== 'test') fail(`expected "start" or "test", found ${JSON.stringify(command)}.`);
  checkNodeVersion();
  installDependencies();
  await buildWhenStale();
  process.exitCode = await runToItsEnd(
    command === 'start' ? ['apps/cli/dist/main.js', 'start', ...commandArguments] : makeJestWords(commandArguments),
  );
}

function checkNodeVersion() {
  const wanted = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).engines.node;
  if (satisfiesRange(process.versions.node, wanted)) return;
  fail(
    `Node.js ${process.versions.node} is too old or not supported: expected ${wanted}. Install one of these and try again.`,
  );
}

function installDependencies() {
  const lockHash = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (areDependenciesFresh(lockHash)) return;
  const startedAt = performance.now();
  console.log('Installing dependencies (npm ci) ...');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
    fail(
      '"npm ci" failed, see above. It needs the npm registry: check the network and npm\'s settings, then try again.',
    );
  }
  writeFileSync(LOCK_STAMP, lockHash);
  console.log(`Installed in ${seconds(startedAt)}.`);
}

// Fresh: installed here from this very lock file, or by an "npm install" of the user's since the lock file changed (npm then writes its own).
function areDependenciesFresh(lockHash) {
  if (existsSync(LOCK_STAMP) && readFileSync(LOCK_STAMP, 'utf8') === lockHash) return true;
  const installedAt =
    statSync(path.join(root, 'node_modules/.package-lock.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return installedAt > statSync(path.join(root, 'package-lock.json')).mtimeMs;
}

async function buildWhenStale() {
  if (isBuildFresh(root)) return;
  const startedAt = performance.now();
  try {
    const { buildApps } = await import('./build.mjs');
    const apps = await buildApps();
    console.log(`Built ${apps.join(', ') || 'nothing'} in ${seconds(startedAt)}.`);
  } catch (error) {
    fail(`the build failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// A run without words also measures packages/domain, which has to be covered in every branch; part of the tests cannot reach that. It
// leaves out the slow cases of the fault matrix, which mostly wait for leases to end: `npm run test:faults` runs the whole of it.
function makeJestWords(commandArguments) {
  const ignored = ['/node_modules/', '/e2e/src/faults/slow/'].map((folder) => `--testPathIgnorePatterns=${folder}`);
  const whole = commandArguments.length === 0 ? ['--coverage', ...ignored] : [];
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  return [...flags, 'node_modules/jest/bin/jest.js', ...whole, ...commandArguments];
}

/** Runs Node with these words, hands signals on, and returns the exit status to end with. */
function runToItsEnd(words) {
  const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit' });
  // Ctrl-C in a terminal reaches the child by itself, as it is in the same process group: sending it again would count as a second one.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => fail(`${process.execPath} could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

function fail(message) {
  console.error(`baton: ${message}`);
  process.exit(1);
}
