import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { startGuard, type Guard } from './guard.ts';
import { startHelper } from './helper.ts';
import { createInterpreterResolver } from './resolve-interpreter.ts';
import { createRunCleaner, type RunCleaner } from './run-cleaner.ts';
import { createRunControl, type RunControl } from './run-control.ts';
import {
  ISOLATIONS,
  type Isolation,
  type RunHandle,
  type Runner,
  type RunnerEvent,
  type RunnerOptions,
  type RunRequest,
  type RunResult,
} from './run-types.ts';
import { createSlot, type Slot } from './slot.ts';

/** Where the runner's own tools are (setpriv, unshare, nice, mkfifo, timeout), whatever PATH the scripts get. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts the script runner of a worker: its guard and one helper shell a slot. Resolves when scripts can run; throws where
 * the directory cannot be used, or where the level of isolation that was asked for is not permitted.
 *
 * What happens when a part dies: a helper - its run ends, the next run has a new one; the guard - it is replaced; the
 * worker - helpers are tied to it by the kernel (pdeathsig) and by the guard, and nothing of it stays; a frozen worker - the
 * guard ends the scripts, and the worker finds their runs `guarded` when it comes back.
 */
export async function createRunner(options: RunnerOptions): Promise<Runner> {
  if (!isAbsolute(options.directory) || /[\n\r]/.test(options.directory)) {
    throw new Error(
      `the runner's directory must be an absolute path of one line, found ${JSON.stringify(options.directory)}`,
    );
  }
  if (!Number.isInteger(options.slots) || options.slots < 1) {
    throw new Error(`the number of slots must be 1 or more, found ${options.slots}`);
  }
  const niceness = options.niceness ?? 0;
  const report = (event: RunnerEvent): void => options.report?.(event);
  const path = options.path ?? SYSTEM_PATH;
  const runsDirectory = join(options.directory, 'runs');
  await mkdir(runsDirectory, { mode: 0o700, recursive: true });
  await removeStaleFiles(options.directory);
  const cleaner = createRunCleaner(runsDirectory, report);
  await cleaner.removeLeftovers();

  const runnerId = randomUUID();
  const helperOptions = { directory: options.directory, path: SYSTEM_PATH, cookie: `${runnerId}.`, niceness };
  const isolation = await chooseIsolation(
    options,
    (level) => startHelper({ ...helperOptions, isolation: level }),
    report,
  );
  const guard = startGuard({
    directory: options.directory,
    timeoutMs: options.guardTimeoutMs,
    path: SYSTEM_PATH,
    cookie: isolation === 'process-group' ? helperOptions.cookie : '',
    onEnded: (hasFired, detail) => report({ kind: hasFired ? 'guard_fired' : 'guard_ended', detail }),
  });
  const resolveInterpreter = createInterpreterResolver(path);
  const slots = Array.from({ length: options.slots }, (_, number) => {
    const cookie = `${helperOptions.cookie}${number}.`;
    return createSlot({
      site: { path, limits: options.limits ?? {}, niceness, isolation, cookie, resolveInterpreter },
      guard,
      startHelper: () => startHelper({ ...helperOptions, cookie, isolation }),
      makePlace: () => makePlace(runsDirectory),
      removePlace: (place) => cleaner.remove(place),
      report,
    });
  });
  return assembleRunner({ isolation, slots, guard, cleaner });
}

/** Of a name that no place had before: what is left of one may still be on its way out. */
async function makePlace(runsDirectory: string): Promise<string> {
  const place = join(runsDirectory, randomUUID());
  await mkdir(join(place, 'home'), { mode: 0o700, recursive: true });
  return place;
}

/** What an earlier runner that was killed left; above all the file by which its guard says that it fired. */
async function removeStaleFiles(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^(?:helper$|helper-|guard-fired-)/.test(name));
  await Promise.all(names.map((name) => rm(join(directory, name))));
}

async function chooseIsolation(
  options: RunnerOptions,
  start: (level: Isolation) => ReturnType<typeof startHelper>,
  report: (event: RunnerEvent) => void,
): Promise<Isolation> {
  const levels = options.isolation === undefined ? ISOLATIONS : [options.isolation];
  const reasons: string[] = [];
  for (const level of levels) {
    try {
      const helper = await start(level);
      await helper.kill(null);
      await helper.gone;
      helper.dispose();
      report({ kind: 'isolation_chosen', detail: level });
      return level;
    } catch (error) {
      reasons.push((error as Error).message);
      report({ kind: 'isolation_unavailable', detail: (error as Error).message });
    }
  }
  throw new Error(`no level of isolation of ${levels.join(', ')} can be had here: ${reasons.join('; ')}`);
}

interface RunnerParts {
  isolation: Isolation;
  slots: Slot[];
  guard: Guard;
  cleaner: RunCleaner;
}

function assembleRunner({ isolation, slots, guard, cleaner }: RunnerParts): Runner {
  const idle = [...slots];
  const queue: { start(slot: Slot): void }[] = [];
  const live = new Map<RunControl, Promise<RunResult>>();
  let closing: Promise<void> | null = null;

  const release = (slot: Slot): void => {
    const next = queue.shift();
    if (next === undefined) idle.push(slot);
    else next.start(slot);
  };
  const takeSlot = (): Promise<Slot> =>
    new Promise((resolve) => {
      const slot = idle.pop();
      if (slot === undefined) queue.push({ start: resolve });
      else resolve(slot);
    });
  const runInSlot = async (request: RunRequest, control: RunControl): Promise<RunResult> => {
    const slot = await takeSlot();
    try {
      return await slot.run(request, control);
    } finally {
      release(slot);
    }
  };
  const close = async (): Promise<void> => {
    for (const control of live.keys()) control.cancelAtOnce();
    await Promise.allSettled(live.values());
    await Promise.all(slots.map((slot) => slot.close()));
    await guard.stop();
    await cleaner.stop();
  };
  return {
    isolation,
    run(request): RunHandle {
      const control = createRunControl(request, () => control.kill());
      if (closing !== null) control.cancel();
      const result = runInSlot(request, control).finally(() => live.delete(control));
      live.set(control, result);
      return { result, cancel: () => control.cancel(), kill: () => control.cancelAtOnce() };
    },
    close: () => (closing ??= close()),
  };
}
