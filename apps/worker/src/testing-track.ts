import type { ClaimedRun } from '@baton/client';
import type { Completion } from '@baton/domain';
import type { GrantedRun, TrackToClaim } from './claimer.ts';
import { createLegTimes } from '@baton/service';
import type { HeldRun, LeaseKeeper } from './lease-keeper.ts';
import type { OutputSender } from './output-sender.ts';
import type { Reporter } from './reporter.ts';
import { runTrack, type TrackDeps } from './run-track.ts';
import type { Runner, RunRequest, RunResult } from './runner/index.ts';
import type { SpooledCompletion } from './spool.ts';
import type { Place } from './slots.ts';
import { makeClaimedRun, makeDirectory, makeSignal, PLACE, recordEvents } from './testing.ts';

const MESSAGE = {
  v: 1 as const,
  trackId: 1,
  attempt: 1,
  seq: 0,
  pipelineId: 1,
  pipeline: 'p',
  vertex: 'A',
  graph: 'g',
};
export const RUN_ID = 'run-id-of-sixteen-or-more';
/** On performance.now(), in the past: nobody here fences. */
const LEASE_UNTIL = 1234;

/** Of a script that succeeded. */
export const ENDED: RunResult = {
  exitCode: 0,
  signal: null,
  timedOut: false,
  cancelled: false,
  guarded: false,
  spawnError: null,
  outputBytes: 7,
  cutBytes: 2,
  durationMs: 12.6,
  next: null,
  output: null,
  outputProblem: null,
};

export interface Scene {
  /** What the claim grants; null: nothing. */
  run: ClaimedRun | null;
  /** What the claim says. */
  claim(asked: TrackToClaim, granted: GrantedRun | null): GrantedRun | 'needs_slot' | null;
  place: Place;
  /** What the API says to a release: whether it is given back. */
  release(): Promise<boolean>;
  mayStart(): boolean;
  /** Called when a run waits for its slot, with what the lease keeper holds; `endAll` as below. */
  whileWaiting(held: HeldRun, endAll: () => void): void;
  /** What the runner does; by default it ends with exit code 0. */
  execute(request: RunRequest, cancelled: Promise<'cancel' | 'kill'>): Promise<RunResult>;
  flush(): Promise<void>;
  /** Whether the claim was answered too late. */
  isLeaseEnding: boolean;
  /** Called when the script has started, with what the lease keeper holds. */
  whileRunning(held: HeldRun): void;
  /** What reporting waits for; `endAll` is what a worker does that is stopping and out of time. */
  report(stopping: AbortSignal, endAll: () => void): Promise<void>;
}

export interface Outcome {
  reported: SpooledCompletion[];
  requests: RunRequest[];
  /** What happened, in order. */
  steps: string[];
  /** What the look-ahead was told of. */
  measured: string[];
  held: HeldRun[];
  stillRunning: number;
  /** What went to the output. */
  printed: string;
  events: string[];
  /** What the walk came to. */
  result: Completion | 'give_back' | null;
}

/** Runs one track with everything around it made up. */
export async function play(given: Partial<Scene>): Promise<Outcome> {
  const scene: Scene = {
    run: makeClaimedRun(),
    claim: (_, granted) => granted,
    place: PLACE,
    release: () => Promise.reject(new Error('nothing is to be given back')),
    mayStart: () => true,
    whileWaiting: () => {},
    execute: () => Promise.resolve(ENDED),
    flush: () => Promise.resolve(),
    isLeaseEnding: false,
    whileRunning: () => {},
    report: () => Promise.resolve(),
    ...given,
  };
  const directory = await makeDirectory();
  const { logger, events } = recordEvents();
  const outcome: Outcome = {
    reported: [],
    requests: [],
    steps: [],
    measured: [],
    held: [],
    stillRunning: 0,
    printed: '',
    events,
    result: null,
  };
  const running = new Set<(why: 'lost') => void>();
  const endAll = (): void => running.forEach((end) => end('lost'));
  const granted = scene.run === null ? null : { runId: RUN_ID, run: scene.run, leaseUntil: LEASE_UNTIL };
  const deps = {
    workerId: 'w-test',
    claimer: {
      claim: (asked: TrackToClaim) => Promise.resolve(scene.claim(asked, granted)),
      giveUp: () => {},
    },
    ...makeAhead(scene, outcome),
    leases: makeLeases(scene, outcome, endAll),
    output: makeOutput(scene, outcome),
    reporter: makeReporter(outcome, (stopping) => scene.report(stopping, endAll)),
    runner: makeRunner(scene, outcome),
    checkDisk: () => Promise.resolve(),
    legs: createLegTimes(),
    lineDirectory: directory.path,
    defaults: { graceMs: 5000, maxOutputBytes: 1000 },
    running,
    troubles: { set: (_: string, problem: string | null) => void (problem !== null && outcome.steps.push(problem)) },
    logger,
  };
  outcome.result = await runTrack(deps, MESSAGE, scene.place);
  outcome.stillRunning = running.size;
  await directory.remove();
  return outcome;
}

function makeAhead(scene: Scene, outcome: Outcome): Pick<TrackDeps, 'releaser' | 'lookAhead' | 'mayStart' | 'movedAt'> {
  return {
    releaser: {
      release({ runId }) {
        outcome.steps.push(`release ${runId}`);
        return scene.release();
      },
      stop: () => Promise.resolve(),
    },
    lookAhead: {
      noteRun: () => void outcome.measured.push('run'),
      noteClaim: () => {},
      noteGivenBack: () => void outcome.measured.push('given back'),
    },
    mayStart: () => scene.mayStart(),
    movedAt: () => 0,
  };
}

function makeLeases(scene: Scene, outcome: Outcome, endAll: () => void): LeaseKeeper {
  return {
    hold(held) {
      const isRunning = held.leaseUntil !== Number.POSITIVE_INFINITY;
      if (isRunning && outcome.requests.length === 0) {
        outcome.steps.push('hold ahead');
        setImmediate(() => scene.whileWaiting(held, endAll)); // when it waits
        return;
      }
      outcome.steps.push(isRunning ? 'hold' : 'hold until applied');
      outcome.held.push(held);
      if (isRunning) scene.whileRunning(held);
    },
    drop: (runId) => void outcome.steps.push(`drop ${runId}`),
    holds: () => false,
    isEnding: () => scene.isLeaseEnding,
    nudge: () => {},
    start: () => Promise.reject(new Error('nobody starts it here')),
    stop: () => Promise.resolve(),
  };
}

function makeOutput(scene: Scene, outcome: Outcome): OutputSender {
  return {
    open: () => ({
      async write(bytes) {
        outcome.printed += bytes.toString();
      },
      async flush() {
        outcome.steps.push('flush');
        await scene.flush();
      },
      drop: () => void outcome.steps.push('drop'),
    }),
  };
}

function makeReporter(outcome: Outcome, wait: (stopping: AbortSignal) => Promise<void>): Reporter {
  return {
    async report(report, stopping) {
      outcome.steps.push('report');
      outcome.reported.push(report);
      await wait(stopping);
    },
    unapplied: () => [],
    settle: () => Promise.resolve(),
    resendOverdue: () => Promise.resolve(),
    replay: () => Promise.resolve(0),
  };
}

function makeRunner(scene: Scene, outcome: Outcome): Runner {
  return {
    isolation: 'process-group',
    run(request) {
      outcome.requests.push(request);
      outcome.steps.push('run');
      const cancelled = makeSignal<'cancel' | 'kill'>();
      const end = (how: 'cancel' | 'kill'): void => {
        outcome.steps.push(how);
        cancelled.resolve(how);
      };
      return {
        result: scene.execute(request, cancelled.promise),
        cancel: () => end('cancel'),
        kill: () => end('kill'),
      };
    },
    close: () => Promise.resolve(),
  };
}
