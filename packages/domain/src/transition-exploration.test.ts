import { expect, test } from '@jest/globals';
import type { Completion } from './completion.ts';
import { claim, completionOf, copyFlow, eventOf, startFlow, statesOf, type Flow } from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';
import { checkInvariants } from './testing-invariants.ts';

/**
 * Every state that a small pipeline can come to, breadth first: with its queue of tracks, its queue of completions, one
 * orchestrator that may die between its commit and everything after it, completions that are delivered twice, and a
 * Redis that may forget the queue of tracks. The property tests go far with luck; this goes everywhere, near by.
 */
interface World {
  flow: Flow;
  /** Queue entries: the names of tracks to start, with the attempt. */
  queue: readonly string[];
  mailbox: readonly Completion[];
  /** Every attempt that was started. */
  started: readonly string[];
  crashesLeft: number;
  duplicatesLeft: number;
  flushesLeft: number;
}

function pendingEntries(flow: Flow): string[] {
  return [...flow.graph.vertices.values()].flatMap(({ id, name }) => {
    const track = flow.tracks.get(id);
    return track?.state === 'PENDING' ? [`${name} ${track.attempt}`] : [];
  });
}

/** A worker takes an entry; a claim is refused unless the attempt is PENDING, and the entry is gone either way. */
function takeEntry(world: World, entry: string, failing: ReadonlySet<string>): World {
  const queue = world.queue.filter((other) => other !== entry);
  if (!pendingEntries(world.flow).includes(entry)) return { ...world, queue };
  if (world.started.includes(entry)) throw new Error(`${entry} started twice`);
  const flow = copyFlow(world.flow);
  const name = entry.split(' ')[0] as string;
  claim(flow, name);
  const completion = completionOf(flow, name, { exitCode: failing.has(entry) ? 1 : 0 });
  return { ...world, flow, queue, mailbox: [...world.mailbox, completion], started: [...world.started, entry] };
}

/** The orchestrator applies a completion; all that can become of it after the commit. */
function deliver(world: World, completion: Completion): World[] {
  const flow = copyFlow(world.flow);
  const before = pendingEntries(flow);
  applyEvents(flow, [eventOf(completion)]);
  const fresh = pendingEntries(flow).filter((entry) => !before.includes(entry));
  const enqueued = { ...world, flow, queue: [...new Set([...world.queue, ...fresh])] };
  const after: World[] = [{ ...enqueued, mailbox: world.mailbox.filter((other) => other !== completion) }];
  if (world.crashesLeft > 0) after.push({ ...world, flow, crashesLeft: world.crashesLeft - 1 });
  if (world.duplicatesLeft > 0) after.push({ ...enqueued, duplicatesLeft: world.duplicatesLeft - 1 });
  return after;
}

function nextWorlds(world: World, failing: ReadonlySet<string>): World[] {
  const next = world.queue.map((entry) => takeEntry(world, entry, failing));
  for (const completion of world.mailbox) next.push(...deliver(world, completion));
  if (world.flushesLeft > 0 && world.queue.length > 0) {
    next.push({ ...world, queue: [], flushesLeft: world.flushesLeft - 1 });
  }
  const missing = pendingEntries(world.flow).filter((entry) => !world.queue.includes(entry));
  if (missing.length > 0) next.push({ ...world, queue: [...world.queue, ...missing] });
  return next;
}

function keyOf({ flow, queue, mailbox, started, crashesLeft, duplicatesLeft, flushesLeft }: World): string {
  const letters = mailbox.map(({ trackId, attempt }) => `${trackId} ${attempt}`).sort();
  const faults = [crashesLeft, duplicatesLeft, flushesLeft];
  return JSON.stringify([
    [...flow.tracks.values()],
    flow.pipeline.state,
    queue.toSorted(),
    letters,
    started.toSorted(),
    faults,
  ]);
}

/** @returns how many states there are, and the pipelines in which nothing can happen any more */
function explore(start: Flow, failing: ReadonlySet<string>): { size: number; ends: Flow[] } {
  const faults = { crashesLeft: 1, duplicatesLeft: 2, flushesLeft: 1 };
  const first: World = { flow: start, queue: pendingEntries(start), mailbox: [], started: [], ...faults };
  const seen = new Set([keyOf(first)]);
  const ends: Flow[] = [];
  let border = [first];
  while (border.length > 0) {
    const found: World[] = [];
    for (const world of border) {
      const next = nextWorlds(world, failing);
      if (next.length === 0) ends.push(world.flow);
      for (const one of next) {
        const key = keyOf(one);
        if (seen.has(key)) continue;
        seen.add(key);
        checkInvariants(one.flow);
        found.push(one);
      }
    }
    border = found;
  }
  return { size: seen.size, ends };
}

const DIAMOND = ['A->B', 'A->C', 'B->D', 'C->D'];
const JOIN = ['A->J', 'B->J', 'C->J'];
const retry = { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };

test.each([
  ['a diamond', DIAMOND, []],
  ['a diamond with a retry', DIAMOND, ['B 1']],
  ['a join of three', JOIN, []],
  ['a join of three with a retry', JOIN, ['A 1']],
])('%s comes to FINISH on every way, each attempt starts once', (_, edges, failing) => {
  const vertices = { A: { retry }, B: { retry } };
  const { size, ends } = explore(startFlow({ edges, vertices }), new Set(failing));
  expect(size).toBeGreaterThan(200);
  expect(ends.length).toBeGreaterThan(0);
  for (const flow of ends) {
    expect(flow.pipeline.state).toBe('FINISH');
    expect(new Set(Object.values(statesOf(flow)))).toEqual(new Set(['SUCCEED']));
  }
});

test('a join of three with a failure comes to FAILED on every way, and the join never starts', () => {
  const { ends } = explore(startFlow({ edges: JOIN }), new Set(['B 1']));
  expect(ends.length).toBeGreaterThan(0);
  for (const flow of ends) {
    expect(flow.pipeline.state).toBe('FAILED');
    expect(statesOf(flow)).toMatchObject({ B: 'FAILED', J: 'CANCELLED' });
  }
});
