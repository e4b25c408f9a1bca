import { randomUUID } from 'node:crypto';
import { constants, lstatSync, truncateSync, type Stats } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guard } from './guard.ts';
import { describeEnd, type Helper } from './helper.ts';
import { describeSurvivors } from './describe-survivors.ts';
import { createMarkScanner } from './mark-scanner.ts';
import { createOutputCap, type OutputCap } from './output-cap.ts';
import { prepareRun, type RunSite } from './prepare-run.ts';
import { readAnswer } from './read-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RunnerEvent, RunRequest, RunResult } from './run-types.ts';
import type { ProgramEnd } from './start-program.ts';

export interface SlotOptions {
  site: RunSite;
  guard: Guard;
  startHelper(): Promise<Helper>;
  /** Makes a place for runs: a folder of its own with an empty `home` in it. */
  makePlace(): Promise<string>;
  /** Removes what a script left, and its place with it. */
  removePlace(place: string): Promise<void>;
  report(event: RunnerEvent): void;
}

export interface Slot {
  /** Runs one script; one at a time. Rejects only with what `onOutput` rejected with. */
  run(request: RunRequest, control: RunControl): Promise<RunResult>;
  /** Ends the helper; to be called when nothing runs. */
  close(): Promise<void>;
}

const START_ATTEMPTS = 4;
const START_RETRY_MS = 100;

/**
 * One place where scripts run, one after another, on a helper shell of its own. A helper that has ended, for whatever
 * reason, ends its run with a result that says so and is replaced; the slot itself never waits for a helper that is gone.
 */
export function createSlot(options: SlotOptions): Slot {
  return new HelperSlot(options);
}

class HelperSlot implements Slot {
  readonly #options: SlotOptions;
  #helper: Promise<Helper>;
  #emptyPlace: string | null = null;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#helper = startInAdvance(options);
  }

  async run(request: RunRequest, control: RunControl): Promise<RunResult> {
    const result = emptyResult();
    if (control.isCancelled()) return { ...result, cancelled: true };
    const mark = `baton-end-${randomUUID()}`;
    const place = await this.#takePlace();
    if (typeof place !== 'string') return { ...result, spawnError: place.problem };
    const options = this.#options;
    let isClean = false;
    let file: string | null = null;
    try {
      const prepared = await prepareRun(request, { place, mark, site: options.site });
      if ('problem' in prepared) return { ...result, spawnError: prepared.problem };
      file = prepared.file;
      const helper = await this.#takeHelper();
      if (control.isCancelled()) return { ...result, cancelled: true };
      const ended = await execute({ options, request, control, helper, place, mark, text: prepared.text });
      isClean = ended.isClean;
      return ended.result;
    } catch (error) {
      if (error instanceof HelperStartError) return { ...result, spawnError: error.message };
      throw error;
    } finally {
      await this.#leavePlace(place, isClean && (await areGone(file === null ? [] : [file])));
      await this.#replaceEndedHelper();
    }
  }

  async close(): Promise<void> {
    try {
      const live = await this.#helper;
      await live.kill(null);
      await live.gone;
      live.dispose();
    } catch (error) {
      // A helper that could not be started is as gone as one that has ended.
      if (!(error instanceof HelperStartError)) throw error;
    }
  }

  /** A live helper, or the error that says why there is none. */
  async #takeHelper(): Promise<Helper> {
    await this.#replaceEndedHelper();
    return this.#helper;
  }

  async #replaceEndedHelper(): Promise<void> {
    try {
      const current = await this.#helper;
      if (!current.hasEnded()) return;
      current.dispose();
    } catch (error) {
      if (!(error instanceof HelperStartError)) throw error;
      this.#options.report({ kind: 'helper_failed', detail: error.message });
    }
    this.#helper = startInAdvance(this.#options);
  }

  async #takePlace(): Promise<string | { problem: string }> {
    try {
      return (this.#emptyPlace ??= await this.#options.makePlace());
    } catch (error) {
      return { problem: `the files of the run could not be made: ${(error as Error).message}` };
    }
  }

  /** @param isClean whether the next run may be where this one was */
  async #leavePlace(place: string, isClean: boolean): Promise<void> {
    if (isClean) return;
    this.#emptyPlace = null;
    await this.#options.removePlace(place);
  }
}

const HOME_MODE = constants.S_IFDIR | 0o700;
const FILE_MODE = constants.S_IFREG | 0o600;

/**
 * Empties the files of the texts where all has the rights that it had, which no shell can tell without starting a program. Of
 * files that were used just now: the kernel knows them by heart. @returns whether it is so
 */
function isEmptied(place: string): boolean {
  const look = (name: string): Stats | undefined => lstatSync(join(place, name), { throwIfNoEntry: false });
  const [home, script, inputs] = [look('home'), look('script'), look('inputs')];
  if (home?.mode !== HOME_MODE || script?.mode !== FILE_MODE || inputs?.mode !== FILE_MODE) return false;
  try {
    if (script.size > 0) truncateSync(join(place, 'script'));
    if (inputs.size > 0) truncateSync(join(place, 'inputs'));
    return true;
  } catch {
    return false; // whatever is wrong with the place, it is not used again
  }
}

/** Removes what was the run's own beside its script. @returns false where that could not be */
async function areGone(files: readonly string[]): Promise<boolean> {
  const removed = await Promise.allSettled(files.map((file) => unlink(file)));
  return removed.every(({ status }) => status === 'fulfilled');
}

class HelperStartError extends Error {}

/** Whoever needs the helper gets the rejection; until then it must not count as unhandled. */
function startInAdvance(options: SlotOptions): Promise<Helper> {
  const started = startWithRetry(options);
  started.catch(() => undefined);
  return started;
}

async function startWithRetry(options: SlotOptions): Promise<Helper> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const helper = await options.startHelper();
      options.guard.watch(helper.pid);
      void helper.gone.then(() => options.guard.unwatch(helper.pid));
      return helper;
    } catch (error) {
      const message = `no helper shell for the script: ${(error as Error).message}`;
      if (attempt === START_ATTEMPTS) throw new HelperStartError(message, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS * 2 ** attempt));
    }
  }
}

interface Execution {
  options: SlotOptions;
  request: RunRequest;
  control: RunControl;
  helper: Helper;
  place: string;
  mark: string;
  text: string;
}

/** @returns the result, and whether the place may be used again */
async function execute(execution: Execution): Promise<{ result: RunResult; isClean: boolean }> {
  const { options, request, control, helper, place, mark } = execution;
  const generation = options.guard.generation();
  let outputFailure: { error: unknown } | null = null;
  const cap = createOutputCap(request.maxOutputBytes, async (chunk) => {
    if (outputFailure !== null) return;
    try {
      await request.onOutput(chunk);
    } catch (error) {
      outputFailure = { error };
      control.kill();
    }
  });
  const startedAtMs = performance.now();
  let hasSurvivors = false;
  control.attach(helper, place, (survivors) => {
    hasSurvivors = true;
    options.report({ kind: 'kill_failed', detail: `run ${request.runId}: ${describeSurvivors(survivors)}` });
    request.onSurvivors?.(survivors);
  });
  const output = passOutputOn(helper, Buffer.from(mark), cap);
  const answer = await helper.handOver(execution.text);
  const end = answer === null ? await helper.gone : null;
  control.detach();
  if (hasSurvivors) options.report({ kind: 'kill_done', detail: `run ${request.runId}` });
  const durationMs = performance.now() - startedAtMs;
  const lastLine = await output;
  if (outputFailure !== null) throw (outputFailure as { error: unknown }).error;
  const result: RunResult = {
    ...emptyResult(),
    timedOut: control.isTimedOut(),
    cancelled: control.isCancelled(),
    outputBytes: cap.outputBytes(),
    cutBytes: cap.cutBytes(),
    durationMs,
  };
  if (answer !== null) {
    const { isLeft, files, ...read } = await readAnswer(answer, place, lastLine);
    const mayStay = !isLeft && options.site.isolation !== 'process-group' && isEmptied(place);
    return { result: { ...result, ...read }, isClean: mayStay && (await areGone(files)) };
  }
  const died = await describeDeath(execution, generation, end);
  return { result: { ...result, ...died }, isClean: false };
}

/** Of a helper that ended without an answer. */
async function describeDeath(
  { options, request, control }: Execution,
  generation: number,
  end: ProgramEnd | null,
): Promise<Partial<RunResult>> {
  if (control.isKilled()) return { signal: 'KILL' };
  if (await options.guard.hasFired(generation)) return { signal: 'KILL', guarded: true };
  const how = end === null ? 'for an unknown reason' : `with ${describeEnd(end)}`;
  options.report({ kind: 'helper_ended', detail: `run ${request.runId}: ${how}` });
  return { signal: end?.signal ?? 'KILL', spawnError: `the helper shell of the script ended ${how}` };
}

const MAX_LINE_BYTES = 500;

/** @returns the last line of it, its end where it is long */
async function passOutputOn(helper: Helper, mark: Buffer, cap: OutputCap): Promise<string> {
  const scanner = createMarkScanner(mark);
  let last: Buffer = Buffer.alloc(0);
  for (let isOver = false; !isOver;) {
    const chunk = await helper.readOutput();
    const { data, found } = chunk === null ? { data: scanner.rest(), found: true } : scanner.push(chunk);
    if (data.length > 0) await cap.accept(data);
    if (data.length > 0) last = data.subarray(-MAX_LINE_BYTES);
    isOver = found;
  }
  await cap.finish();
  return last.toString().trimEnd().split('\n').pop() ?? '';
}

function emptyResult(): RunResult {
  return {
    exitCode: null,
    signal: null,
    timedOut: false,
    cancelled: false,
    guarded: false,
    spawnError: null,
    outputBytes: 0,
    cutBytes: 0,
    durationMs: 0,
    next: null,
    output: null,
    outputProblem: null,
  };
}
