/**
 * npm run chaos:cancel -- --rounds 200 [--at-once 2]: cancels scripts that do not want to end, at each level of isolation that the
 * host has, and says how long it takes until the last of their processes is gone. Ends with status 1 where something is left.
 */
import { parseArgs } from 'node:util';
import { findIsolations } from '@baton/devstack';
import { GRACE_MS, measureCancels, type CancelMeasure } from './measure-cancels.ts';
import { percentile } from './measure-recovery.ts';
import { STUBBORN_SCRIPTS } from './stubborn-scripts.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, 'at-once': { type: 'string', default: '2' } },
});

function readCount(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name}: expected a whole number above 0, found ${values[name]}`);
}

function describeTimes(measures: readonly CancelMeasure[]): string {
  const times = measures.map(({ goneMs }) => goneMs);
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => Math.round(percentile(times, share) ?? 0));
  const leftovers = measures.flatMap((measure) => measure.leftovers).length;
  return `${measures.length} cancels: p50 ${p50} ms, p95 ${p95} ms, max ${max} ms; leftovers ${leftovers}`;
}

console.log(`From the answer to the cancel until the last process is gone; grace ${GRACE_MS} ms`);
for (const isolation of findIsolations()) {
  const [rounds, atOnce] = [readCount('rounds'), readCount('at-once')];
  const measures = await measureCancels({ isolation, rounds, atOnce, ownServers: true });
  console.log(`\n${isolation}: ${describeTimes(measures)}`);
  for (const { name } of STUBBORN_SCRIPTS) {
    const own = measures.filter(({ script }) => script === name);
    if (own.length > 0) console.log(`  ${name}: ${describeTimes(own)}`);
  }
  if (measures.some(({ leftovers }) => leftovers.length > 0)) process.exitCode = 1;
}
