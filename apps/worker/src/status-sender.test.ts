import type { StatusReport } from '@baton/client';
import { expect, test } from '@jest/globals';
import { createCounters, createLegTimes } from '@baton/service';
import { startStatusSender } from './status-sender.ts';
import { makeKey, recordEvents, waitFor } from './testing.ts';

function open(answer: () => Promise<void> = () => Promise.resolve()) {
  const sent: StatusReport[] = [];
  const kept = new Set([makeKey(1)]);
  const counters = createCounters();
  const { logger } = recordEvents();
  const status = startStatusSender({
    api: {
      async sendStatus(report) {
        sent.push(report);
        await answer();
      },
    },
    reporter: { unapplied: () => [...kept] },
    legs: createLegTimes(),
    counters,
    workerId: 'w-1',
    logger,
    intervalMs: 5,
  });
  return { sent, kept, counters, status };
}

test('it says what the worker has counted and keeps, and since when', async () => {
  const { sent, kept, counters, status } = open();
  counters.add('parked_messages', 1, 'tracks');
  await waitFor(() => (sent.at(-1)?.oldestKeptMs ?? 0) > 10, 'a completion is kept for a while');
  expect(sent[0]).toMatchObject({ workerId: 'w-1', kept: 1, oldestKeptMs: 0 });
  expect(Math.abs(new Date(sent[0]?.clock ?? 0).getTime() - Date.now())).toBeLessThan(10_000);
  expect(sent.at(-1)).toMatchObject({ counters: { 'parked_messages:tracks': 1 } });
  kept.clear();
  await waitFor(() => sent.at(-1)?.kept === 0, 'nothing is kept');
  expect(sent.at(-1)?.oldestKeptMs).toBe(0);
  await status.stop();
});

test('a refusal, as of an older API, changes nothing', async () => {
  const { sent, status } = open(() => Promise.reject(new Error('route_not_found')));
  await waitFor(() => sent.length > 2, 'three reports');
  await status.stop();
});
