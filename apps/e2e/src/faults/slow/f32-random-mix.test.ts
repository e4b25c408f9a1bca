import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runMix } from '../../chaos/run-mix.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/** F32, shortly: `npm run chaos -- --seed N --minutes M` mixes for longer. What went wrong is kept in the folder that is named. */
const SECONDS = 20;

test(
  'a short random mix of pipelines and faults violates nothing',
  inRounds(async (round) => {
    const keepIn = await mkdtemp(join(tmpdir(), 'baton-mix-'));
    const summary = await runMix({
      seed: 31 + round,
      minutes: SECONDS / 60,
      pipelinesAtOnce: 6,
      maxTracks: 30,
      keepIn,
      report: () => {},
    });
    const { violations, troubles, lost, stuck, duplicateStarts } = summary;
    const found = { violations, troubles, lost, stuck, duplicateStarts, keptIn: keepIn };
    const nothing = { violations: [], troubles: [], lost: 0, stuck: 0, duplicateStarts: 0, keptIn: keepIn };
    expect(found).toEqual(nothing);
    expect(summary.faults.length).toBeGreaterThan(1);
    expect(summary.pipelines.compared).toBe(summary.pipelines.total);
    await rm(keepIn, { recursive: true });
  }),
  300_000 * ROUNDS,
);
