import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Completion } from '@baton/domain';
import type { RunResult } from './runner/index.ts';
import { ENDED, play, RUN_ID, type Outcome, type Scene } from './testing-track.ts';
import { makeClaimedRun, makeSignal, waitFor } from './testing.ts';

async function completionOf(result: Partial<RunResult>): Promise<Completion | undefined> {
  const { reported } = await play({ execute: () => Promise.resolve({ ...ENDED, ...result }) });
  expect(reported).toHaveLength(1);
  return reported[0]?.completion;
}

/** Ends as a script does that somebody ended. */
const endWhenCancelled: Scene['execute'] = async (_request, cancelled) => {
  await cancelled;
  return { ...ENDED, exitCode: null, signal: 'TERM', cancelled: true };
};

const throwAtOnce: Scene['execute'] = () => {
  throw new Error('no space left');
};

describe('what the runner says becomes a completion', () => {
  test.each([
    ['success', { exitCode: 0 }, { outcome: 'exited', exitCode: 0, signal: null, detail: null }],
    ['an exit code', { exitCode: 137 }, { outcome: 'exited', exitCode: 137, signal: null }],
    ['a signal', { exitCode: null, signal: 'KILL' }, { outcome: 'exited', exitCode: null, signal: 'KILL' }],
    ['a timeout', { exitCode: null, signal: 'TERM', timedOut: true }, { outcome: 'timeout', signal: 'TERM' }],
    ['a start that failed', { exitCode: null, spawnError: 'no zsh' }, { outcome: 'spawn_error', detail: 'no zsh' }],
    ['the guard', { exitCode: null, guarded: true, timedOut: true }, { outcome: 'lost', detail: /frozen/ }],
  ])('%s', async (_title, result, wanted) => {
    const completion = await completionOf(result);
    const { detail, ...rest } = wanted as { detail?: unknown };
    expect(completion).toMatchObject(rest);
    if (detail instanceof RegExp) expect(completion?.detail).toMatch(detail);
    else if (detail !== undefined) expect(completion?.detail).toBe(detail);
  });

  test('with its key, its sizes and its time in whole ms', async () => {
    const { reported } = await play({});
    expect(reported[0]).toMatchObject({
      key: 'key',
      completion: {
        trackId: 1,
        attempt: 1,
        runId: RUN_ID,
        workerId: 'w-test',
        outputBytes: 7,
        cutBytes: 2,
        durationMs: 13,
      },
    });
  });

  test('a detail is cut to what a completion takes', async () => {
    const completion = await completionOf({ exitCode: null, spawnError: 'x'.repeat(5000) });
    expect(completion?.detail).toHaveLength(2000);
  });

  test('a detail that is cut holds no half of a surrogate pair', async () => {
    const completion = await completionOf({ exitCode: null, spawnError: `${'x'.repeat(1999)}\u{1F600}` });
    expect(completion?.detail).toBe(`${'x'.repeat(1999)}\uFFFD`);
  });

  test.each([
    ['cancel', 'cancelled', false],
    ['lost', 'lost', true],
  ] as const)('a script that was ended because of %s is %s', async (why, outcome, isDropped) => {
    const { reported, steps } = await play({ execute: endWhenCancelled, whileRunning: (held) => held.end(why) });
    expect(reported[0]?.completion).toMatchObject({ outcome });
    expect(steps.includes('drop')).toBe(isDropped);
  });

  test('the first reason to end a script counts', async () => {
    const { reported } = await play({
      execute: endWhenCancelled,
      whileRunning(held) {
        held.end('cancel');
        held.end('lost');
      },
    });
    expect(reported[0]?.completion).toMatchObject({ outcome: 'cancelled' });
  });

  test.each([
    ['by a person has its grace', ['cancel'], ['cancel']],
    ['because its lease goes has none', ['lost'], ['kill']],
    ['because its lease goes has none left of a cancel either', ['cancel', 'lost'], ['cancel', 'kill']],
  ] as const)('a script that is ended %s', async (_title, reasons, ends) => {
    const { steps } = await play({
      execute: endWhenCancelled,
      whileRunning: (held) => reasons.forEach((why) => held.end(why)),
    });
    expect(steps.filter((step) => step === 'cancel' || step === 'kill')).toEqual(ends);
  });

  test('a script that had ended by itself before the cancel came is what it was', async () => {
    const { reported } = await play({
      execute: async (_request, cancelled) => {
        await cancelled;
        return ENDED;
      },
      whileRunning: (held) => held.end('cancel'),
    });
    expect(reported[0]?.completion).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });
});

describe('the walk', () => {
  test('hold, run, flush, hold until applied, report', async () => {
    const { steps, stillRunning } = await play({});
    expect(steps).toEqual(['run', 'hold', 'flush', 'hold until applied', 'report']);
    expect(stillRunning).toBe(0);
  });

  test('nothing is reported before the output is stored', async () => {
    const stored = makeSignal();
    const steps: string[] = [];
    const playing = play({
      async flush() {
        steps.push('flushing');
        await stored.promise;
        steps.push('stored');
      },
    }).then(({ reported }) => steps.push(`reported ${reported.length}`));
    await waitFor(() => steps.length > 0, 'the flush');
    await new Promise(setImmediate);
    stored.resolve();
    await playing;
    expect(steps).toEqual(['flushing', 'stored', 'reported 1']);
  });

  test('what KILL did not end stands in the output and is a trouble of the worker until it is gone', async () => {
    const { steps, printed } = await play({
      async execute(request) {
        request.onSurvivors?.([{ pid: 12, name: 'cat', state: 'D' }]);
        return { ...ENDED, cancelled: true };
      },
    });
    const problem = 'KILL did not end 12 (cat, state D)';
    expect(steps).toContain(problem);
    expect(printed).toBe(`\n[baton: ${problem}; it is RUNNING until they are gone]\n`);
  });

  test('without a claim nothing runs and nothing is reported', async () => {
    const { steps } = await play({ run: null });
    expect(steps).toEqual([]);
  });

  test('a refusal runs nothing and is reported', async () => {
    const { steps, reported } = await play({ run: makeClaimedRun({ refusal: 'r'.repeat(3000) }) });
    expect(steps).toEqual(['hold until applied', 'report']);
    expect(reported[0]?.completion).toMatchObject({ outcome: 'spawn_error', detail: 'r'.repeat(2000), exitCode: null });
  });

  test('a lease that is as good as over when the script would start: nothing runs, and the track is lost', async () => {
    const { steps, requests, reported } = await play({ isLeaseEnding: true });
    expect(requests).toEqual([]);
    expect(steps).toEqual(['hold until applied', 'report']);
    expect(reported[0]?.completion).toMatchObject({
      outcome: 'lost',
      detail: expect.stringContaining('was not started'),
      exitCode: null,
    });
  });

  test.each([
    ['the runner', { execute: () => Promise.reject(new Error(`no space left ${'x'.repeat(5000)}`)) }],
    ['the start', { execute: throwAtOnce }],
    ['the output', { flush: () => Promise.reject(new Error('no space left')) }],
  ])('what throws in %s is reported, and leaves nothing running', async (_title, scene) => {
    const { steps, reported, stillRunning } = await play(scene);
    const [completion] = reported.map((one) => one.completion);
    expect(completion).toMatchObject({ outcome: 'spawn_error', exitCode: null, signal: null });
    expect(completion?.detail).toMatch(/^the worker could not run the script: no space left/);
    expect(completion?.detail?.length).toBeLessThanOrEqual(2000);
    expect(steps.slice(-2)).toEqual(['hold until applied', 'report']);
    expect(stillRunning).toBe(0);
  });

  test('a worker that is stopping waits no longer for a report to be taken', async () => {
    const signals: boolean[] = [];
    const { stillRunning } = await play({
      async report(stopping, endAll) {
        signals.push(stopping.aborted);
        endAll();
        signals.push(stopping.aborted);
      },
    });
    expect({ signals, stillRunning }).toEqual({ signals: [false, true], stillRunning: 0 });
  });

  test('what the vertex does not say is the worker’s default', async () => {
    const plain = await play({});
    const own = await play({ run: makeClaimedRun({ graceMs: 0, maxOutputBytes: 5, timeoutMs: 9, shell: 'bash' }) });
    expect(plain.requests[0]).toMatchObject({ graceMs: 5000, maxOutputBytes: 1000, timeoutMs: null, shell: null });
    expect(own.requests[0]).toMatchObject({ graceMs: 0, maxOutputBytes: 5, timeoutMs: 9, shell: 'bash' });
  });

  test('the reported run stays held whatever the lease keeper says', async () => {
    const { held, steps } = await play({});
    const count = steps.length;
    held.at(-1)?.end('lost');
    expect(steps).toHaveLength(count);
  });
});

describe('the failing line', () => {
  const script = 'echo one\nfalse\necho three\n';

  /** Does what the noted script would: it writes the line that it stopped at. */
  async function failAtLine(line: number, result: Partial<RunResult>): Promise<{ outcome: Outcome; lineFile: string }> {
    let lineFile = '';
    const outcome = await play({
      run: makeClaimedRun({ script }),
      execute: async ({ script: noted }) => {
        lineFile = /'([^']*)'/.exec(noted)?.[1] ?? '';
        await writeFile(lineFile, `${line}\n`);
        return { ...ENDED, ...result };
      },
    });
    return { outcome, lineFile };
  }

  test.each([
    ['a failure', { exitCode: 1 }, 'line 2: false'],
    ['a timeout', { exitCode: null, timedOut: true }, 'line 2: false'],
    ['a success', { exitCode: 0 }, null],
  ])('is the detail of %s', async (_title, result, detail) => {
    const { outcome } = await failAtLine(2, result);
    expect(outcome.reported[0]?.completion.detail).toBe(detail);
  });

  test('its note is removed', async () => {
    const { lineFile } = await failAtLine(2, { exitCode: 1 });
    expect(lineFile).toContain(join('/', RUN_ID));
    expect(existsSync(lineFile)).toBe(false);
  });

  test('a note that cannot be removed does not keep the completion from being reported', async () => {
    const { reported, events } = await play({
      run: makeClaimedRun({ script }),
      execute: async ({ script: noted }) => {
        await mkdir(/'([^']*)'/.exec(noted)?.[1] ?? '');
        return { ...ENDED, exitCode: 1 };
      },
    });
    expect(reported[0]?.completion).toMatchObject({ outcome: 'exited', exitCode: 1, detail: null });
    expect(events).toContain('line_notes_kept');
  });
});
