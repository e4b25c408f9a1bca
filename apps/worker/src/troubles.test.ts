import { expect, test } from '@jest/globals';
import { recordEvents } from './testing.ts';
import { createTroubles } from './troubles.ts';

test('a worker rests while there is any trouble, and says what it is', () => {
  const report: { problem?: string } = {};
  const rests: boolean[] = [];
  let told = 0;
  const { logger, events } = recordEvents();
  const troubles = createTroubles({
    report,
    rest: (isResting) => rests.push(isResting),
    tell: () => (told += 1),
    logger,
  });
  troubles.set('disk', null);
  expect({ report, rests, told }).toEqual({ report: {}, rests: [], told: 0 });
  troubles.set('run-1', 'KILL did not end 12 (cat, state D)');
  troubles.set('disk', 'full');
  troubles.set('disk', 'full');
  expect({ report, rests, told }).toEqual({
    report: { problem: 'KILL did not end 12 (cat, state D); full' },
    rests: [true, true],
    told: 2,
  });
  troubles.set('run-1', null);
  expect(report).toEqual({ problem: 'full' });
  troubles.set('disk', 'x'.repeat(1000));
  expect(report.problem).toHaveLength(500);
  troubles.set('disk', null);
  expect({ report, last: rests.at(-1) }).toEqual({ report: {}, last: false });
  expect(events.at(-1)).toBe('tracks_taken_again');
});
