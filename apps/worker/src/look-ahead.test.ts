import { describe, expect, test } from '@jest/globals';
import { createLookAhead, type LookAhead } from './look-ahead.ts';

function taught(given: { slots?: number; most?: number; runMs: number; claimMs: number }): LookAhead {
  const lookAhead = createLookAhead({ slots: given.slots ?? 4, most: () => given.most ?? 64 });
  lookAhead.noteRun(given.runMs);
  lookAhead.noteClaim(given.claimMs);
  return lookAhead;
}

describe('none', () => {
  test('before a script was measured, whatever claims take', () => {
    const lookAhead = createLookAhead({ slots: 4, most: () => 64 });
    expect(lookAhead.count()).toBe(0);
    lookAhead.noteClaim(50);
    expect(lookAhead.count()).toBe(0);
  });

  test('before a claim was measured', () => {
    const lookAhead = createLookAhead({ slots: 4, most: () => 64 });
    lookAhead.noteRun(1);
    expect(lookAhead.count()).toBe(0);
  });

  test('where scripts last longer than all slots would need for what six claims take', () => {
    expect(taught({ slots: 1, runMs: 121, claimMs: 20 }).count()).toBe(0);
    expect(taught({ slots: 1, runMs: 119, claimMs: 20 }).count()).toBe(1);
    expect(taught({ slots: 4, runMs: 481, claimMs: 20 }).count()).toBe(0);
  });

  test('where the setting, or what the others know, is 0; and not one more than it says', () => {
    expect(taught({ most: 0, runMs: 1, claimMs: 20 }).count()).toBe(0);
    expect(taught({ most: 3, runMs: 1, claimMs: 20 }).count()).toBe(3);
  });

  test('once what was claimed ahead had to be given back, until a script has ended', () => {
    const lookAhead = taught({ runMs: 1, claimMs: 20 });
    lookAhead.noteGivenBack();
    expect(lookAhead.count()).toBe(0);
    lookAhead.noteClaim(20);
    expect(lookAhead.count()).toBe(0);
    lookAhead.noteRun(10);
    expect(lookAhead.count()).toBe(48);
  });
});

describe('as many as the slots get through meanwhile', () => {
  test('more for shorter scripts, for longer ways and for more slots', () => {
    expect(taught({ runMs: 20, claimMs: 10 }).count()).toBe(12);
    expect(taught({ runMs: 10, claimMs: 10 }).count()).toBe(24);
    expect(taught({ runMs: 20, claimMs: 20 }).count()).toBe(24);
    expect(taught({ slots: 8, runMs: 20, claimMs: 10 }).count()).toBe(24);
  });

  test('grows slowly where scripts become shorter, and falls at once where one was long', () => {
    const lookAhead = taught({ runMs: 1000, claimMs: 20 });
    lookAhead.noteRun(5);
    expect(lookAhead.count()).toBe(0);
    for (let ended = 0; ended < 100; ended += 1) lookAhead.noteRun(5);
    expect(lookAhead.count()).toBeGreaterThanOrEqual(30);
    lookAhead.noteRun(1000);
    expect(lookAhead.count()).toBe(0);
  });

  test('a claim that something holds up does not count as the way', () => {
    expect(taught({ most: 1000, runMs: 10, claimMs: 60_000 }).count()).toBe(48);
  });
});
