import { UnreachableError, type HeartbeatAnswer, type HeartbeatRequest } from '@baton/client';
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts';
import type { Reporter } from './reporter.ts';
import { makeHeartbeatAnswer, makeKey, makeWorkerReport, recordEvents } from './testing.ts';
import type { RunKey } from './worker-api.ts';

export const LEASE_MS = 6000;
export const HEARTBEAT_MS = 1000;

/** What the API does with a heartbeat; a test may change it while the keeper runs. */
export interface World {
  calls: HeartbeatRequest[];
  answer(request: HeartbeatRequest): HeartbeatAnswer | Promise<HeartbeatAnswer>;
  unapplied: RunKey[];
  /** Settling waits for it. */
  disk: Promise<void>;
  settled: string[];
  /** Sending again waits for it. */
  redis: Promise<void>;
  resends: number;
  events: string[];
  keeper: LeaseKeeper;
}

export function openKeeper(): World {
  const { logger, events } = recordEvents();
  const reporter: Reporter = {
    report: () => Promise.resolve(),
    unapplied: () => world.unapplied,
    async settle(runIds) {
      await world.disk;
      world.settled.push(...runIds);
    },
    async resendOverdue() {
      world.resends += 1;
      await world.redis;
    },
    replay: () => Promise.resolve(0),
  };
  const keeper = createLeaseKeeper({
    api: {
      async sendHeartbeat(request) {
        world.calls.push(request);
        return world.answer(request);
      },
    },
    reporter,
    logger,
    describeWorker: makeWorkerReport,
    onAnswer: () => {},
  });
  const world: World = {
    calls: [],
    answer: renewAll,
    unapplied: [],
    disk: Promise.resolve(),
    settled: [],
    redis: Promise.resolve(),
    resends: 0,
    events,
    keeper,
  };
  return world;
}

export const renewAll = ({ running }: HeartbeatRequest): HeartbeatAnswer =>
  makeHeartbeatAnswer({
    leaseMs: LEASE_MS,
    heartbeatMs: HEARTBEAT_MS,
    running: running.map(({ runId }) => ({ runId, state: 'held' as const })),
  });
export const beAway = (): HeartbeatAnswer => {
  throw new UnreachableError('http://api', new Error('refused'));
};

/** A run whose ends are recorded with the time they came. */
export function holdRun(keeper: LeaseKeeper, key = makeKey()): { runId: string; ends: { why: string; at: number }[] } {
  const ends: { why: string; at: number }[] = [];
  const end = (why: string): void => void ends.push({ why, at: performance.now() });
  keeper.hold({ ...key, leaseUntil: performance.now() + LEASE_MS, end });
  return { runId: key.runId, ends };
}
