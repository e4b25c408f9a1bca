import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildFlowGraph, toFlowStep } from '@baton/domain';
import { describe, expect, test } from '@jest/globals';
import { estimateGraph, GraphCache } from './graph-cache.ts';
import { createVertexReader, type VertexRow } from './vertex-rows.ts';

describe('a graph', () => {
  const LIMITS = { maxBytes: 1000, idleBytes: 100, inUseMs: 60_000 };
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

  test('that is in use stays, even where all together take more than idle ones may', () => {
    const cache = new GraphCache(LIMITS);
    cache.set('a', a, 90);
    cache.set('b', b, 90);
    expect([cache.get('a'), cache.get('b'), cache.bytes]).toEqual([a, b, 180]);
  });

  test('that is idle goes when there is more than idle ones may take, the oldest first', async () => {
    const cache = new GraphCache({ ...LIMITS, inUseMs: 1 });
    cache.set('a', a, 40);
    cache.set('b', b, 40);
    cache.get('a');
    await sleep(10);
    cache.set('c', c, 40);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.bytes]).toEqual([a, undefined, c, 80]);
  });

  test('that is idle stays where there is room', async () => {
    const cache = new GraphCache({ ...LIMITS, inUseMs: 1 });
    cache.set('a', a, 40);
    await sleep(10);
    cache.set('b', b, 40);
    expect([cache.get('a'), cache.get('b')]).toEqual([a, b]);
  });

  test('goes in use or not where all together take more than they may', () => {
    const cache = new GraphCache(LIMITS);
    cache.set('a', a, 600);
    cache.set('b', b, 600);
    expect([cache.get('a'), cache.get('b'), cache.bytes]).toEqual([undefined, b, 600]);
  });

  test('that is larger than the whole is kept alone, as long as it is the last', () => {
    const cache = new GraphCache(LIMITS);
    cache.set('a', a, 10);
    cache.set('b', b, 5000);
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, b]);
    cache.set('c', c, 10);
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, c]);
  });
});

describe('the estimate of a graph', () => {
  const COUNT = 20_000;
  const INPUT = { type: 'string', required: false, default: 'a', choices: null, secret: false, description: null };
  const RETRY = { max: 2, delayMs: 100, factor: 2, maxDelayMs: 60_000, jitter: 0.1 };

  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const measureHeap = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  /** As a driver makes it: of each row a text of its own. */
  const text = (value: string): string => Buffer.from(value).toString();
  const row = (id: number, more: Partial<VertexRow> = {}): VertexRow => ({
    id,
    name: text(`vertex-${id}`),
    description: null,
    script: text('true'),
    input: null,
    next: null,
    policies: null,
    ...more,
  });
  const eachIts = (id: number): VertexRow =>
    row(id, {
      description: text(`what ${id} does`),
      script: text(`cat {in} | sort > out-${id}\n`.repeat(10)),
      input: text(JSON.stringify({ in: { ...INPUT, default: `in-${id}` } })),
      policies: text(JSON.stringify({ retry: { ...RETRY, delayMs: id }, labels: ['gpu'] })),
    });
  const allTheSame = (id: number): VertexRow =>
    row(id, { input: text(JSON.stringify({ in: INPUT })), policies: text(JSON.stringify({ retry: RETRY })) });

  /** @param degree predecessors of each vertex */
  function makeEdges(degree: number): { tail: number; head: number; when: null }[] {
    const heads = Array.from({ length: COUNT - 100 }, (_, at) => at + 101);
    const near = Array.from({ length: degree }, (_, at) => at + 1);
    return heads.flatMap((head) => near.map((before) => ({ tail: head - before, head, when: null })));
  }

  test.each<[string, (id: number) => VertexRow, number]>([
    ['plain vertices without edges', row, 0],
    ['plain vertices in layers', row, 3],
    ['vertices with scripts, parameters and policies of their own', eachIts, 2],
    ['vertices with the same parameters and policies', allTheSame, 1],
  ])('is what its memory is, within a third: %s', (_title, makeRow, degree) => {
    const built: object[] = [];
    const before = measureHeap();
    let bytes = 0;
    // In a function of its own: rows and edges are gone when it is left.
    (() => {
      const rows = Array.from({ length: COUNT }, (_, at) => makeRow(at + 1));
      const edges = makeEdges(degree);
      const estimate = estimateGraph();
      for (const one of rows) estimate.addVertex(one);
      for (const edge of edges) estimate.addEdge(edge);
      bytes = estimate.bytes;
      const read = createVertexReader();
      built.push(
        buildFlowGraph(
          rows.map((one) => toFlowStep(read(one))),
          edges,
        ),
      );
    })();
    const share = bytes / (measureHeap() - before);
    expect(built).toHaveLength(1);
    expect(share).toBeGreaterThan(0.75);
    expect(share).toBeLessThan(1.33);
  });
});
