import { describe, expect, test } from '@jest/globals';
import { ApiError, UnreachableError, type OutputAnswer, type OutputRequest } from '@baton/client';
import { createOutputSender, type OutputSender } from './output-sender.ts';
import { makeKey, makeSignal, recordEvents, waitFor, type Signal } from './testing.ts';

const KIBI = 1024;
const MEBI = 1024 * 1024;

/** An API that stores each number of a run once, as the real one does. */
interface World {
  sender: OutputSender;
  calls: OutputRequest[];
  /** What happens after a call was stored; by default it is answered. */
  answer(request: OutputRequest): OutputAnswer | Promise<OutputAnswer>;
  stored(runId: string): Buffer;
  events: string[];
}

function openSender(): World {
  const { logger, events } = recordEvents();
  const pieces = new Map<string, Map<number, Buffer>>();
  const api = {
    async sendOutput(request: OutputRequest): Promise<OutputAnswer> {
      world.calls.push(request);
      for (const { runId, seq, data } of request.chunks) {
        const ofRun = pieces.get(runId) ?? new Map<number, Buffer>();
        if (!ofRun.has(seq)) ofRun.set(seq, Buffer.from(data, 'base64'));
        pieces.set(runId, ofRun);
      }
      return world.answer(request);
    },
  };
  const world: World = {
    sender: createOutputSender({ api, logger }),
    calls: [],
    answer: () => ({ refused: [] }),
    stored(runId) {
      const ofRun = [...(pieces.get(runId) ?? [])].toSorted(([one], [other]) => one - other);
      expect(ofRun.map(([seq]) => seq)).toEqual(ofRun.map((_, index) => index));
      return Buffer.concat(ofRun.map(([, bytes]) => bytes));
    },
    events,
  };
  return world;
}

/** Holds all calls until it is resolved. */
function holdCalls(world: World): Signal<void> {
  const gate = makeSignal();
  world.answer = async () => {
    await gate.promise;
    return { refused: [] };
  };
  return gate;
}

const sizeOf = (data: string): number => Buffer.from(data, 'base64').length;

describe('order and sizes', () => {
  test('bytes arrive whole and in order, in chunks of 256 KiB at most', async () => {
    const world = openSender();
    const key = makeKey();
    const output = world.sender.open(key);
    const written: Buffer[] = [];
    for (let index = 0; index < 200; index += 1) {
      const bytes = Buffer.alloc((index * 997) % (64 * KIBI), index);
      written.push(bytes);
      await output.write(bytes);
    }
    await output.flush();
    expect(world.stored(key.runId).equals(Buffer.concat(written))).toBe(true);
    const sizes = world.calls.flatMap(({ chunks }) => chunks.map(({ data }) => sizeOf(data)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * KIBI);
  });

  test('small writes that come during a call are one chunk of the next', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const key = makeKey();
    const output = world.sender.open(key);
    for (let index = 0; index < 1000; index += 1) await output.write(Buffer.from(`${index}\n`));
    gate.resolve();
    await output.flush();
    expect(world.calls.map(({ chunks }) => chunks.length)).toEqual([1, 1]);
    expect(world.stored(key.runId).toString().split('\n')).toHaveLength(1001);
  });

  test('no call has more than 4 MiB and a chunk, however many runs print', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const outputs = Array.from({ length: 20 }, (_, index) => world.sender.open(makeKey(index + 1)));
    const writes = outputs.map((output) => output.write(Buffer.alloc(MEBI)));
    gate.resolve();
    await Promise.all(writes);
    await Promise.all(outputs.map((output) => output.flush()));
    const sizes = world.calls.map(({ chunks }) => chunks.reduce((sum, { data }) => sum + sizeOf(data), 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * MEBI + 256 * KIBI);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20 * MEBI);
  });

  test('a trickle waits for a chunk of each flood at most, however many there are', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const floods = Array.from({ length: 20 }, (_, index) => world.sender.open(makeKey(index + 1)));
    const writes = floods.map((output) => output.write(Buffer.alloc(2 * MEBI)));
    const key = makeKey(99);
    const trickle = world.sender.open(key);
    await trickle.write(Buffer.from('hello'));
    gate.resolve();
    await Promise.all([trickle.flush(), ...writes]);
    // The first call began when there was one flood alone.
    const order = world.calls.slice(1).flatMap(({ chunks }) => chunks.map(({ runId }) => runId));
    expect(order.indexOf(key.runId)).toBeLessThanOrEqual(floods.length);
  });
});

describe('back-pressure', () => {
  test('a writer waits at 1 MiB that is not stored, and goes on when there is room', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const output = world.sender.open(makeKey());
    let written = 0;
    const writeAll = async (): Promise<void> => {
      for (let index = 0; index < 64; index += 1) {
        written += 64 * KIBI;
        await output.write(Buffer.alloc(64 * KIBI));
      }
    };
    const writing = writeAll();
    await waitFor(() => written >= MEBI, 'a MiB written');
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(written).toBe(MEBI);
    gate.resolve();
    await writing;
    await output.flush();
    expect(written).toBe(4 * MEBI);
  });

  test('a run that waits does not make others wait', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const flood = world.sender.open(makeKey(1)).write(Buffer.alloc(2 * MEBI));
    await world.sender.open(makeKey(2)).write(Buffer.from('not held up'));
    gate.resolve();
    await flood;
  });
});

describe('calls that fail', () => {
  test('a lost reply: the same numbers are sent again, and nothing is stored twice', async () => {
    const world = openSender();
    const key = makeKey();
    const output = world.sender.open(key);
    world.answer = () => {
      if (world.calls.length < 3) throw new UnreachableError('http://api', new Error('reset'));
      return { refused: [] };
    };
    await output.write(Buffer.from('once '));
    await output.write(Buffer.from('only'));
    await output.flush();
    expect(world.calls[1]).toEqual(world.calls[0]);
    expect(world.calls[2]).toEqual(world.calls[0]);
    expect(world.stored(key.runId).toString()).toBe('once only');
    expect(world.events).toEqual(['output_failed', 'output_failed']);
  });

  test('a run that is refused is dropped, the others of the call are not', async () => {
    const world = openSender();
    const gate = makeSignal();
    const [refused, kept] = [makeKey(1), makeKey(2)];
    world.answer = async () => {
      await gate.promise;
      return { refused: [{ runId: refused.runId, why: 'other_run' as const }] };
    };
    const outputs = [refused, kept].map((key) => world.sender.open(key));
    for (const output of outputs) await output.write(Buffer.from('first'));
    gate.resolve();
    await Promise.all(outputs.map((output) => output.flush()));
    const calls = world.calls.length;
    await outputs[0]?.write(Buffer.alloc(2 * MEBI));
    await outputs[0]?.flush();
    expect(world.calls).toHaveLength(calls);
    await outputs[1]?.write(Buffer.from(' second'));
    await outputs[1]?.flush();
    expect(world.stored(kept.runId).toString()).toBe('first second');
  });

  test('a call that is refused for good is not made again, and holds up nobody', async () => {
    const world = openSender();
    const output = world.sender.open(makeKey(1));
    world.answer = () => {
      throw new ApiError(422, null, '/output');
    };
    await output.write(Buffer.from('x'));
    await output.flush();
    expect(world.calls).toHaveLength(1);
    world.answer = () => ({ refused: [] });
    const key = makeKey(2);
    const other = world.sender.open(key);
    await other.write(Buffer.from('goes on'));
    await other.flush();
    expect(world.stored(key.runId).toString()).toBe('goes on');
  });
});

describe('the end of a run', () => {
  test('flush of a run that printed nothing is settled at once', async () => {
    await openSender().sender.open(makeKey()).flush();
  });

  test('flush waits until all of it is stored', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const output = world.sender.open(makeKey());
    await output.write(Buffer.from('x'));
    let isFlushed = false;
    const flush = output.flush().then(() => (isFlushed = true));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(isFlushed).toBe(false);
    gate.resolve();
    await flush;
  });

  test('drop frees who waits while a call hangs', async () => {
    const world = openSender();
    const gate = holdCalls(world);
    const output = world.sender.open(makeKey());
    const waiting = [output.write(Buffer.alloc(2 * MEBI)), output.flush()];
    output.drop();
    await Promise.all(waiting);
    gate.resolve();
  });

  test('drop frees who waits, ends the retries and takes nothing more', async () => {
    const world = openSender();
    const output = world.sender.open(makeKey());
    world.answer = () => {
      throw new UnreachableError('http://api', new Error('refused'));
    };
    const waiting = [output.write(Buffer.alloc(2 * MEBI)), output.flush()];
    await waitFor(() => world.calls.length > 1, 'a retry');
    output.drop();
    await Promise.all(waiting);
    await output.write(Buffer.from('more'));
    await output.flush();
    world.answer = () => ({ refused: [] });
    const other = world.sender.open(makeKey());
    await other.write(Buffer.from('x'));
    await other.flush();
    expect(world.calls.at(-1)?.chunks).toHaveLength(1);
  });
});
