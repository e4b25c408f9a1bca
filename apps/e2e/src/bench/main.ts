/**
 * npm run bench [-- --only W1,W2] [--rounds 5]: Baton by what it is compared with, in the same rounds. Prints a table and keeps it, with
 * all that was measured, in .baton/bench. What is not installed is left out, and named.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { startBaton } from './baton-contender.ts';
import { findBullmq } from './bullmq-contender.ts';
import { startCelery } from './celery-contender.ts';
import type { Contender } from './contender.ts';
import { findMake } from './make-contender.ts';
import { renderBench } from './render-bench.ts';
import { runRounds } from './run-rounds.ts';
import { summarizeRounds } from './summarize-rounds.ts';
import { WORKLOADS } from './workloads.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: 'W1,W2,W3,W4' }, rounds: { type: 'string', default: '5' } },
});
const wanted = values.only.split(',');
const unknown = wanted.filter((id) => WORKLOADS.every((workload) => workload.id !== id));
if (unknown.length > 0) {
  throw new Error(`--only: expected some of ${WORKLOADS.map(({ id }) => id).join()}, found ${unknown.join()}`);
}
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: expected 1 or more, found ${values.rounds}`);

const report = (line: string): void => console.log(line);
const directory = await mkdtemp(path.join(tmpdir(), 'baton-bench-'));
const contenders: Contender[] = [];
try {
  const baton = await startBaton({ directory: path.join(directory, 'stack'), report });
  contenders.push(baton);
  const { redisUrl } = baton.stack.servers;
  const add = (name: string, found: Contender | null): void => {
    if (found === null) report(`${name} is not installed: left out`);
    else contenders.push(found);
  };
  add('GNU make', await findMake(path.join(directory, 'make')));
  const peer = path.join(import.meta.dirname, 'bullmq-peer.mjs');
  for (const asTree of [false, true]) contenders.push(findBullmq({ peer, redisUrl: databaseOf(redisUrl, 7), asTree }));
  const peers = path.resolve(import.meta.dirname, '../src/bench/peers');
  add("Celery (Debian's celery and python3-redis)", await startCelery({ peers, redisUrl: databaseOf(redisUrl, 8) }));

  const workloads = WORKLOADS.filter(({ id }) => wanted.includes(id));
  const done = await runRounds({ workloads, contenders, rounds, report });
  const lines = summarizeRounds(done, baton.name);
  const settings = await describeMachine(rounds);
  const text = renderBench({ subject: baton.name, contenders, workloads, lines, settings });
  const keepIn = path.resolve('.baton', 'bench', new Date().toISOString().replaceAll(':', '-'));
  await mkdir(keepIn, { recursive: true });
  await writeFile(path.join(keepIn, 'report.md'), text);
  await writeFile(path.join(keepIn, 'report.json'), JSON.stringify({ settings, lines, rounds: done }));
  report(`\n${text}\nKept in ${keepIn}`);
} finally {
  for (const contender of contenders.toReversed()) await contender.stop();
  await rm(directory, { recursive: true, force: true });
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
