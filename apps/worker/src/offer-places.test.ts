import { expect, test } from '@jest/globals';
import { handedRunId, sealMessage } from '@baton/queue';
import type { GrantedRun } from './claimer.ts';
import { createKnownRuns } from './known-runs.ts';
import { offerPlaces } from './offer-places.ts';
import { createSlots, type Place } from './slots.ts';
import { recordEvents } from './testing.ts';

const KEY = 'key-of-the-worker';

/** Hand-over joined with slots, claims and releases that are made up. */
function open(answers: { isReleased?: boolean; granted?: GrantedRun | null } = {}) {
  const slots = createSlots({ total: 2, ahead: () => 0, onChange: () => {} });
  const known = createKnownRuns();
  const steps: string[] = [];
  const underWay: Promise<void>[] = [];
  const { logger } = recordEvents();
  const deps = {
    workerId: 'w-test',
    labels: ['default'],
    known,
    logger,
    leases: { isEnding: () => false, holds: () => false, nudge: () => {} },
    claimer: {
      async claim({ runId = '' }) {
        steps.push(`claim ${runId}`);
        return answers.granted ?? null;
      },
    },
    releaser: {
      async release({ runId }: { runId: string }) {
        steps.push(`release ${runId}`);
        return answers.isReleased ?? true;
      },
    },
    lookAhead: { noteRun: () => {}, noteClaim: () => {} },
  };
  const queues = {
    slots,
    take(run: (place: Place) => Promise<void>) {
      const place = slots.enter();
      underWay.push(run(place).finally(() => place.leave()));
    },
    refresh: () => {},
  };
  const terms = { key: KEY, leaseMs: 15_000, queues: ['default'] };
  const handOver = offerPlaces(deps as never, queues as never, () => terms);
  const settle = async (): Promise<void> => {
    for (let done = 0; done < underWay.length; done += 1) await underWay[done];
  };
  return { handOver, steps, known, slots, settle };
}

function lateRun(trackId: number): { runId: string; sealed: Buffer } {
  const id = 'place-of-nobody0';
  const runId = handedRunId(id, { trackId, attempt: 1 });
  return { runId, sealed: sealMessage(KEY, { answered: [], runs: [{ id, trackId, attempt: 1, runId, run: null }] }) };
}

test('what is given back is known from then on: nothing that is heard of it meanwhile asks for it', async () => {
  const { handOver, steps, slots, settle } = open();
  const { runId, sealed } = lateRun(1);
  handOver.receive(sealed);
  // The API was asked before it heard of the release.
  handOver.compare([{ trackId: 1, attempt: 1, runId }]);
  handOver.receive(sealed);
  expect(slots.free).toBe(1);
  await settle();
  expect(steps).toEqual([`release ${runId}`]);
  // A worker that ends waits for it.
  await slots.whenIdle();
  expect(slots.free).toBe(2);
});

test('what cannot be given back is asked for, so that its end is told', async () => {
  const { handOver, steps, settle } = open({ isReleased: false });
  const { runId, sealed } = lateRun(1);
  handOver.receive(sealed);
  await settle();
  expect(steps).toEqual([`release ${runId}`, `claim ${runId}`]);
});

test('what the API says is held, and nobody here knows, is asked for once', async () => {
  const { handOver, steps, settle } = open();
  const held = [{ trackId: 1, attempt: 1, runId: 'held-without-a-word' }];
  handOver.compare(held);
  handOver.compare(held);
  await settle();
  expect(steps).toEqual(['claim held-without-a-word']);
});

test('places are what there is room for', () => {
  const { handOver, slots } = open();
  const place = slots.enter();
  expect(handOver.makeOffer(0)?.offer.ids).toHaveLength(1);
  place.leave();
  expect(handOver.makeOffer(0)?.offer.ids).toHaveLength(1);
  expect(handOver.makeOffer(0)).toBeNull();
});
