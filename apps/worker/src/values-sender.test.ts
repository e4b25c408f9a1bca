import { ApiError } from '@baton/client';
import { expect, test } from '@jest/globals';
import { makeKey, makeSignal } from './testing.ts';
import { createValuesSender } from './values-sender.ts';
import type { WorkerApi } from './worker-api.ts';

type Sent = Parameters<WorkerApi['sendOutputValues']>[0]['outputs'];

function openSender(answer: (outputs: Sent) => Promise<string[]> = () => Promise.resolve([])) {
  const calls: Sent[] = [];
  const sender = createValuesSender({
    api: {
      async sendOutputValues({ outputs }) {
        calls.push(outputs);
        return { refused: (await answer(outputs)).map((runId) => ({ runId, why: 'other_run' as const })) };
      },
    },
  });
  return { sender, calls };
}

test('runs that end together share a call, and each has its answer', async () => {
  const [one, other] = [makeKey(1), makeKey(2)];
  const { sender, calls } = openSender(() => Promise.resolve([other.runId]));
  expect(await Promise.all([sender.send(one, { a: '1' }), sender.send(other, { b: '2' })])).toEqual([
    'stored',
    'refused',
  ]);
  expect(calls).toEqual([
    [
      { ...one, values: { a: '1' } },
      { ...other, values: { b: '2' } },
    ],
  ]);
});

test('what comes during a call is the next', async () => {
  const answers = [makeSignal<string[]>(), makeSignal<string[]>()];
  const { sender, calls } = openSender(() => answers[calls.length - 1]?.promise ?? Promise.resolve([]));
  const first = sender.send(makeKey(), { a: '1' });
  await new Promise(setImmediate);
  const rest = [sender.send(makeKey(), { a: '2' }), sender.send(makeKey(), { a: '3' })];
  for (const answer of answers) answer.resolve([]);
  expect(await Promise.all([first, ...rest])).toEqual(['stored', 'stored', 'stored']);
  expect(calls.map((call) => call.length)).toEqual([1, 2]);
});

test('a call is bounded by its runs and by its values', async () => {
  const { sender, calls } = openSender();
  await Promise.all(Array.from({ length: 300 }, () => sender.send(makeKey(), { a: '1' })));
  const long = 'x'.repeat(600 * 1024);
  await Promise.all(Array.from({ length: 3 }, () => sender.send(makeKey(), { a: long, b: long })));
  expect(calls.map((call) => call.length)).toEqual([256, 44, 1, 1, 1]);
});

test('what the API does not take is no harm to the others of its call', async () => {
  const bad = makeKey();
  const { sender } = openSender((outputs) => {
    const isBad = outputs.some(({ runId }) => runId === bad.runId);
    return isBad ? Promise.reject(new ApiError(422, null, '/')) : Promise.resolve([]);
  });
  const results = await Promise.allSettled([makeKey(), bad, makeKey()].map((run) => sender.send(run, { a: '1' })));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('an API that is away is the error of all, and sending goes on afterwards', async () => {
  let isAway = true;
  const { sender } = openSender(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve([])));
  const results = await Promise.allSettled([makeKey(), makeKey()].map((run) => sender.send(run, { a: '1' })));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect(await sender.send(makeKey(), { a: '1' })).toBe('stored');
});
