import { NEVER_STUCK } from './explore.ts';
import { FAULT_KINDS, type Scenario } from './flow-state.ts';
import type { Safeguard } from './safeguards.ts';

/** Each in all states that its bounds allow; docs/model.md has the numbers. */
const BASE: Scenario = {
  predecessors: [[], [0]],
  maxAttempts: 1,
  retries: [],
  workers: 2,
  orchestrators: 2,
  faults: 1,
  kinds: FAULT_KINDS,
  mayCancel: false,
  mayPause: false,
  mayRelease: false,
};
const JOIN = { predecessors: [[], [], [0, 1]] };
const RETRY = { maxAttempts: 2, retries: ['fail', 'lost'] } as const;

/** With every safeguard no invariant breaks. */
export const WHOLE: readonly { name: string; scenario: Scenario }[] = [
  {
    name: 'A, then B; two attempts each; a cancel; 2 faults',
    scenario: { ...BASE, ...RETRY, faults: 2, mayCancel: true },
  },
  {
    name: 'A, then B; a pause and a cancel; 3 faults',
    scenario: { ...BASE, faults: 3, mayCancel: true, mayPause: true },
  },
  { name: 'A and B, then C; a cancel; 2 faults', scenario: { ...BASE, ...JOIN, faults: 2, mayCancel: true } },
  {
    name: 'A, then B; what is claimed may be given back; a pause and a cancel; 2 faults',
    scenario: { ...BASE, faults: 2, mayCancel: true, mayPause: true, mayRelease: true },
  },
  {
    name: 'A; what is claimed may be given back; two attempts; a cancel; 3 faults',
    scenario: { ...BASE, ...RETRY, predecessors: [[]], faults: 3, mayCancel: true, mayRelease: true },
  },
];

/** What breaks where a safeguard is missing, and nothing else is: first of all, unless it says `only`. */
export const MISSING: readonly { missing: Safeguard; scenario: Scenario; invariant: string; only?: true }[] = [
  { missing: 'claim', scenario: BASE, invariant: 'one start an attempt' },
  { missing: 'repeatIsGranted', scenario: BASE, invariant: 'no attempt is lost whose worker is well' },
  { missing: 'repeatNamesRun', scenario: BASE, invariant: 'one start an attempt' },
  {
    missing: 'claimAsksPipeline',
    scenario: { ...BASE, mayPause: true },
    invariant: 'no claim in a pipeline that has ended or is paused',
  },
  { missing: 'endTakesPending', scenario: { ...BASE, mayCancel: true }, invariant: NEVER_STUCK },
  { missing: 'completionGuard', scenario: BASE, invariant: 'one outcome an attempt' },
  {
    missing: 'completionGuard',
    scenario: { ...BASE, ...JOIN },
    invariant: 'no start before all predecessors',
    only: true,
  },
  { missing: 'completionGuard', scenario: BASE, invariant: 'an end is final', only: true },
  { missing: 'completionNamesRun', scenario: { ...BASE, ...RETRY }, invariant: 'one outcome an attempt' },
  { missing: 'releaseNamesRun', scenario: { ...BASE, mayRelease: true }, invariant: 'one start an attempt' },
  { missing: 'releaseAwaitsAnswer', scenario: { ...BASE, mayRelease: true }, invariant: 'one start an attempt' },
  { missing: 'releaseAsksEnd', scenario: { ...BASE, mayCancel: true, mayRelease: true }, invariant: NEVER_STUCK },
  { missing: 'lockBeforeCount', scenario: { ...BASE, ...JOIN, faults: 0 }, invariant: 'nothing needs mending' },
  { missing: 'retryIsNewAttempt', scenario: { ...BASE, ...RETRY }, invariant: 'one start an attempt' },
  { missing: 'reconcileEnqueues', scenario: BASE, invariant: NEVER_STUCK },
  { missing: 'reconcileLoses', scenario: BASE, invariant: NEVER_STUCK },
  { missing: 'leaseIsChecked', scenario: BASE, invariant: 'no attempt is lost whose worker is well' },
  { missing: 'fence', scenario: { ...BASE, ...RETRY }, invariant: 'one script of a track at a time' },
  { missing: 'leaseOutlivesScript', scenario: BASE, invariant: 'no attempt is lost whose worker is well' },
  { missing: 'spool', scenario: BASE, invariant: 'no attempt is lost whose worker is well' },
  { missing: 'cancelWaits', scenario: { ...BASE, mayCancel: true }, invariant: 'cancelled means gone' },
];
