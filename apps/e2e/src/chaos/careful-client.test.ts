import { expect, test } from '@jest/globals';
import type { ApiCaller } from '../testing/call-api.ts';
import { createCarefulClient } from './careful-client.ts';

const failing = (error: Error): ApiCaller => ({ get: () => Promise.reject(error), post: () => Promise.reject(error) });

test('what has no answer when the time is up is told, and not asked for ever', async () => {
  const api = failing(new Error('nobody is there'));
  const client = createCarefulClient({ apis: [api], watched: [api] }, AbortSignal.timeout(50));
  await expect(client.post('/pipelines', {}, 'key')).rejects.toThrow('there was no answer in time');
  await expect(client.follow(1)).resolves.toBeNull();
});

test('a refusal that no repetition mends is told at once', async () => {
  const api = failing(Object.assign(new Error('422'), { status: 422 }));
  const client = createCarefulClient({ apis: [api], watched: [api] }, new AbortController().signal);
  await expect(client.get('/pipelines/1')).rejects.toThrow('422');
});

test('each API in turn is asked until one answers, under the same key', async () => {
  const keys: unknown[] = [];
  const answering: ApiCaller = {
    get: () => Promise.reject(new Error('not asked for')),
    post: <T>(_: string, __: unknown, headers?: Record<string, string>) => {
      keys.push(headers?.['Idempotency-Key']);
      return (
        keys.length < 3 ? Promise.reject(new Error('its reply is lost')) : Promise.resolve({ id: 7 })
      ) as Promise<T>;
    },
  };
  const client = createCarefulClient({ apis: [answering, answering], watched: [] }, new AbortController().signal);
  expect(await client.post('/pipelines', {}, 'key')).toEqual({ id: 7 });
  expect(keys).toEqual(['key', 'key', 'key']);
});
