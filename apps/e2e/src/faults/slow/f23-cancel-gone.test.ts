import { expect, test } from '@jest/globals';
import { findIsolations } from '@baton/devstack';
import { measureCancels } from '../../chaos/measure-cancels.ts';
import { STUBBORN_SCRIPTS } from '../../chaos/stubborn-scripts.ts';
import { ROUNDS } from '../rounds.ts';

/**
 * F23, cancel: scripts that ignore TERM, leave their session, fork twice, hold the pipes, change their environment. A track is
 * CANCELLED only when nothing of its script is alive, at whatever level of isolation the worker has. Times are measured by
 * npm run chaos:cancel.
 */
const all = findIsolations();
/** The best and the worst in every test run; all of them where rounds are asked for. */
const levels = ROUNDS > 1 ? all : all.filter((level, index) => index === 0 || level === 'process-group');

test.each(levels)(
  'what does not want to end is gone when its track is CANCELLED (%s)',
  async (isolation) => {
    const rounds = ROUNDS * STUBBORN_SCRIPTS.length;
    const measures = await measureCancels({ isolation, rounds, atOnce: 4, ownServers: false });
    expect(measures).toHaveLength(rounds);
    expect(measures.filter(({ leftovers }) => leftovers.length > 0)).toEqual([]);
  },
  120_000 + 30_000 * ROUNDS,
);
