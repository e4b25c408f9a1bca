/**
 * npm run bench [-- --only W1,W2] [--rounds 5] [--idle-seconds 60]: Baton by what it is compared with, in the same rounds, and what is
 * measured of it alone. Prints tables and keeps them, with all that was measured, in .baton/bench. What is not installed is left out,
 * and named.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { startBaton, type BatonContender } from './baton-contender.ts';
import { findBullmq } from './bullmq-contender.ts';
import { startCelery } from './celery-contender.ts';
import type { Contender } from './contender.ts';
import { findMake } from './make-contender.ts';
import { measureIdle } from './measure-idle.ts';
import { largeStart } from './measure-large-start.ts';
import { output } from './measure-output.ts';
import { reads } from './measure-reads.ts';
import { submissions } from './measure-submissions.ts';
import { measureWorkflows } from './measure-workflows.ts';
import { readOptions } from './read-options.ts';
import { renderBench } from './render-bench.ts';
import { renderMeasurements, renderSettings } from './render-measurements.ts';
import { runMeasurements, summarizeMeasurements } from './run-measurements.ts';
import { runRounds } from './run-rounds.ts';
import { summarizeRounds } from './summarize-rounds.ts';
import { WORKLOADS } from './workloads.ts';

const ids = [...WORKLOADS.map(({ id }) => id), 'W5-start', 'W6', 'W7', 'W8', 'W9', 'W10'];
const { only, rounds, idleMs } = readOptions(process.argv.slice(2), ids);
const workloads = WORKLOADS.filter(({ id }) => only.includes(id));

const report = (line: string): void => console.log(line);
const directory = await mkdtemp(path.join(tmpdir(), 'baton-bench-'));
// W10 fills the tables, so it is the last.
const measurements = [
  largeStart,
  measureWorkflows({ workflows: path.resolve('examples/wfinstances'), make: path.join(directory, 'make-j8') }),
  submissions,
  output,
  measureIdle(idleMs),
  reads,
].filter(({ id }) => only.includes(id));
const contenders: Contender[] = [];
try {
  const baton = await startBaton({ directory: path.join(directory, 'stack'), report });
  contenders.push(baton);
  if (workloads.length > 0) await addPeers(baton);
  const done = await runRounds({ workloads, contenders, rounds, report });
  const lines = summarizeRounds(done, baton.name);
  const measured = await runMeasurements({ measurements, baton: baton.measured, rounds });
  const summary = summarizeMeasurements(measured);
  const settings = await describeMachine(rounds);
  const text = [
    ...(workloads.length === 0 ? [] : [renderBench({ subject: baton.name, workloads, lines })]),
    ...(measurements.length === 0 ? [] : [renderMeasurements({ measurements, summary })]),
    renderSettings({ workloads, measurements, contenders, settings }),
  ].join('\n\n');
  const keepIn = path.resolve('.baton', 'bench', new Date().toISOString().replaceAll(':', '-'));
  await mkdir(keepIn, { recursive: true });
  await writeFile(path.join(keepIn, 'report.md'), text);
  await writeFile(
    path.join(keepIn, 'report.json'),
    JSON.stringify({ settings, lines, rounds: done, figures: summary, measured }),
  );
  report(`\n${text}\nKept in ${keepIn}`);
} finally {
  for (const contender of contenders.toReversed()) await contender.stop();
  await rm(directory, { recursive: true, force: true });
}

async function addPeers(baton: BatonContender): Promise<void> {
  const { redisUrl } = baton.measured.stack.servers;
  const add = (name: string, found: Contender | null): void => {
    if (found === null) report(`${name} is not installed: left out`);
    else contenders.push(found);
  };
  add('GNU make', await findMake(path.join(directory, 'make'), 2));
  const peer = path.join(import.meta.dirname, 'bullmq-peer.mjs');
  for (const asTree of [false, true]) contenders.push(findBullmq({ peer, redisUrl: databaseOf(redisUrl, 7), asTree }));
  const peers = path.resolve(import.meta.dirname, '../src/bench/peers');
  add("Celery (Debian's celery and python3-redis)", await startCelery({ peers, redisUrl: databaseOf(redisUrl, 8) }));
}

/** Of the same server: apart from Baton's keys. */
function databaseOf(redisUrl: string, number: number): string {
  return Object.assign(new URL(redisUrl), { pathname: `/${number}` }).href;
}

async function describeMachine(count: number): Promise<Record<string, string>> {
  const { stdout: commit } = await execa('git', ['rev-parse', '--short', 'HEAD'], { reject: false });
  const { stdout: changes } = await execa('git', ['status', '--porcelain'], { reject: false });
  return {
    rounds: `${count}, after one to warm up`,
    commit: `${commit || 'unknown'}${changes ? ' with changes' : ''}`,
    machine: `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    Node: process.version,
  };
}
