import { expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHelper, type Helper } from './helper.ts';
import { createInterpreterResolver } from './resolve-interpreter.ts';
import { createRunControl } from './run-control.ts';
import type { Isolation, RunnerEvent, Survivor } from './run-types.ts';
import { createSlot } from './slot.ts';
import { findLevels, findProcesses, makeRequest, uniqueSleep, waitFor } from './testing/open-runner.ts';

/**
 * A process that waits for a device (state D) survives KILL until the device answers. None can be made here, so it is the
 * KILL that does not come: until `deliver` is called.
 */
async function openSlot(isolation: Isolation) {
  const directory = await mkdtemp(join(tmpdir(), 'baton-survivors-'));
  const place = join(directory, 'place');
  await mkdir(join(place, 'home'), { recursive: true });
  const path = '/usr/bin:/bin';
  const events: RunnerEvent[] = [];
  const kills: (() => Promise<void>)[] = [];
  let mayDeliver = false;
  const start = async (): Promise<Helper> => {
    const helper = await startHelper({ isolation, directory, path, cookie: 's.', niceness: 0 });
    const kill: Helper['kill'] = async (run) => {
      if (mayDeliver) return helper.kill(run);
      kills.push(() => helper.kill(run));
    };
    return { ...helper, kill };
  };
  const slot = createSlot({
    site: {
      path,
      limits: {},
      isolation,
      cookie: 's.',
      niceness: 0,
      resolveInterpreter: createInterpreterResolver(path),
    },
    guard: {
      generation: () => 0,
      watch: () => undefined,
      unwatch: () => undefined,
      hasFired: () => Promise.resolve(false),
      stop: () => Promise.resolve(),
    },
    startHelper: start,
    makePlace: () => Promise.resolve(place),
    removePlace: () => rm(place, { recursive: true }),
    report: (event) => events.push(event),
  });
  return {
    slot,
    events,
    async deliver() {
      mayDeliver = true;
      for (const kill of kills) await kill();
    },
    async close() {
      mayDeliver = true;
      await slot.close();
      await rm(directory, { recursive: true });
    },
  };
}

test.each(await findLevels())(
  'what survives KILL is told by its pids, and the run is not over before it is gone (%s)',
  async (isolation) => {
    const world = await openSlot(isolation);
    const { slot, events } = world;
    const seconds = uniqueSleep();
    const told: Survivor[][] = [];
    let isOver = false;
    const onSurvivors = (survivors: Survivor[]): void => void told.push(survivors);
    const request = makeRequest(`trap "" TERM; setsid sleep ${seconds} & while :; do sleep ${seconds}; done`, {
      onSurvivors,
    });
    const control = createRunControl(request, () => undefined);
    const running = slot.run(request, control).finally(() => (isOver = true));
    await waitFor('the script', async () => (await findProcesses(seconds)).length >= 2);
    control.cancel();
    await waitFor('the survivors', () => told.length > 0);
    const alive = await findProcesses(`sleep\0${seconds}`);
    expect(told[0]?.filter(({ name }) => name === 'sleep').map(({ pid }) => pid)).toEqual(alive);
    expect(events).toEqual([
      { kind: 'kill_failed', detail: expect.stringMatching(/^run \S+: KILL did not end .*\d+ \(sleep, state S\)/) },
    ]);
    expect(isOver).toBe(false);
    await world.deliver();
    expect(await running).toMatchObject({ cancelled: true, signal: 'KILL' });
    expect(await findProcesses(seconds)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: 'kill_done' });
    expect(told).toHaveLength(1);
    await world.close();
  },
);
