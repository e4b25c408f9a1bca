import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CrashPoint } from '@baton/service';
import { startChaosStack, type ChaosStack } from '../chaos/chaos-stack.ts';
import { waitForEnd } from '../testing/call-api.ts';

/** F1: the API is killed around the commit of a start. The same key again makes one pipeline, and it ends. */
let stack: ChaosStack;

beforeAll(async () => {
  stack = await startChaosStack();
  await stack.api.post('/graphs', {
    name: 'two',
    vertices: [
      { name: 'A', script: 'true' },
      { name: 'B', script: 'true' },
    ],
    edges: [['A', 'B']],
  });
}, 120_000);

afterAll(() => stack.stop());

async function startAgain(key: string): Promise<number> {
  const api = stack.process('api');
  await api.exited;
  await api.restart();
  const { id } = await stack.api.post<{ id: number }>(
    '/pipelines',
    { graph: 'two', name: key },
    { 'Idempotency-Key': key },
  );
  return id;
}

test.each<CrashPoint>(['api.committed', 'api.enqueued'])(
  'killed at %s',
  async (point) => {
    const crashed = stack.crashAt(point);
    const body = { graph: 'two', name: point };
    await expect(stack.api.post('/pipelines', body, { 'Idempotency-Key': point })).rejects.toThrow();
    await crashed;
    const id = await startAgain(point);
    expect(await waitForEnd(stack.api, id)).toMatchObject({ state: 'FINISH' });
    const { items } = await stack.api.get<{ items: { name: string }[] }>('/pipelines?limit=100');
    expect(items.filter(({ name }) => name === point)).toHaveLength(1);
  },
  60_000,
);
