import type { Completion, OutputValues } from '@baton/domain';
import type { TrackMessage } from '@baton/queue';
import { crashPoint, type LegTimes, type Logger } from '@baton/service';
import { awaitSlot, isSlotSoon } from './await-slot.ts';
import type { Claimer, GrantedRun } from './claimer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LookAhead } from './look-ahead.ts';
import { describeUnstarted, makeCompletion, readHandedOn, type CompletionFrame } from './make-completion.ts';
import { noteLines } from './note-lines.ts';
import type { OutputSender } from './output-sender.ts';
import type { Releaser } from './releaser.ts';
import type { Reporter } from './reporter.ts';
import { describeSurvivors, type Runner, type RunResult } from './runner/index.ts';
import type { Place } from './slots.ts';
import type { Troubles } from './troubles.ts';

/** What running a track needs. */
export interface TrackDeps {
  workerId: string;
  claimer: Claimer;
  releaser: Releaser;
  /** Whether anything is started for now. */
  mayStart(): boolean;
  /** When a slot was last given to a track, on performance.now(). */
  movedAt(): number;
  leases: LeaseKeeper;
  lookAhead: Pick<LookAhead, 'noteRun' | 'noteClaim' | 'noteGivenBack'>;
  /** Whether it can be written to still. */
  checkDisk(): Promise<void>;
  output: OutputSender;
  reporter: Reporter;
  runner: Runner;
  /** Where runs note at which line of their script they are. */
  lineDirectory: string;
  defaults: { graceMs: number; maxOutputBytes: number };
  /** Ends every script of this worker as lost, and what waits for the API: it is stopping and out of time. */
  running: Set<(why: 'lost') => void>;
  troubles: Troubles;
  legs: LegTimes;
  logger: Logger;
}

/** How a run ended, and what its script handed on. */
interface Ended {
  completion: Completion;
  values: OutputValues;
}

/**
 * The walk of a track on a worker: claim, wait for its slot where it was claimed ahead, run, send the output, report. Resolves
 * when the completion is on its way and on disk, and what the script handed on is stored; the lease is kept until the
 * completion is known to be applied.
 * @returns what was reported; null where the track was not this worker's to run; 'give_back' where its entry is to be given
 *   to whoever has a slot for it
 */
export async function runTrack(
  deps: TrackDeps,
  message: TrackMessage,
  place: Place,
): Promise<Completion | 'give_back' | null> {
  crashPoint('worker.fetched');
  const granted = await claimTrack(deps, message, place);
  if (granted === null || granted === 'give_back') return granted;
  return runGranted(deps, granted, place);
}

/** The same from the claim on. */
export async function runGranted(deps: TrackDeps, granted: GrantedRun, place: Place): Promise<Completion | null> {
  crashPoint('worker.claimed');
  const heardAt = performance.now();
  const awaited = await awaitSlot(deps, granted, place);
  if (awaited === 'released') return null;
  const beganAt = performance.now();
  deps.legs.observe('started', beganAt - heardAt);
  const { run } = granted;
  const log = deps.logger.child({ trackId: run.trackId, attempt: run.attempt, vertex: run.vertex });
  log.info({ event: 'track_started', pipelineId: run.pipelineId });
  const { completion, values } =
    awaited === 'slot' ? await complete(deps, granted, log) : describeEndBefore(deps, granted, awaited);
  log.info({
    event: 'track_ended',
    outcome: completion.outcome,
    exitCode: completion.exitCode,
    ms: completion.durationMs,
  });
  crashPoint('worker.ended');
  // Before its slot is free: on a full disk each further track would fail as well.
  if (completion.exitCode !== 0) await deps.checkDisk();
  if (awaited === 'slot') deps.lookAhead.noteRun(performance.now() - beganAt);
  place.freeSlot();
  // Nothing is left to end; its lease is renewed until the completion is known to be applied, however long that takes.
  deps.leases.hold({ ...keyOf(granted), leaseUntil: Number.POSITIVE_INFINITY, end: () => {} });
  const stopping = new AbortController();
  const stopWaiting = (): void => stopping.abort();
  deps.running.add(stopWaiting);
  try {
    await deps.reporter.report({ completion, key: run.completionKey, values }, stopping.signal);
  } finally {
    deps.running.delete(stopWaiting);
    crashPoint('worker.sent');
  }
  return completion;
}

/** What cannot be claimed ahead is claimed when there is a slot for it; where none comes soon others may have one. */
async function claimTrack(
  deps: TrackDeps,
  { trackId, attempt }: TrackMessage,
  place: Place,
): Promise<GrantedRun | 'give_back' | null> {
  const { claimer } = deps;
  const answer = await claimer.claim({ trackId, attempt, isAhead: !place.hasSlot });
  if (answer !== 'needs_slot') return answer;
  if (!(await isSlotSoon(deps, place))) return 'give_back';
  const again = await claimer.claim({ trackId, attempt, isAhead: false });
  return again === 'needs_slot' ? null : again;
}

/** Of a run that was ended before there was a slot for its script. */
function describeEndBefore(deps: TrackDeps, granted: GrantedRun, why: 'cancel' | 'lost'): Ended {
  const detail = 'the worker lost its lease or was stopped before the script was started';
  const end = why === 'cancel' ? { outcome: 'cancelled' as const, detail: null } : { outcome: 'lost' as const, detail };
  return { completion: describeUnstarted(frameOf(deps, granted), end), values: {} };
}

function frameOf(deps: TrackDeps, granted: GrantedRun): CompletionFrame {
  return { ...keyOf(granted), workerId: deps.workerId };
}

function keyOf({ run: { trackId, attempt }, runId }: GrantedRun): { trackId: number; attempt: number; runId: string } {
  return { trackId, attempt, runId };
}

/** Whatever happens, the track gets a completion: a lease that is held without one would be renewed for ever. */
async function complete(deps: TrackDeps, granted: GrantedRun, log: Logger): Promise<Ended> {
  const { refusal } = granted.run;
  const unstarted = (outcome: 'spawn_error' | 'lost', detail: string): Ended => {
    return { completion: describeUnstarted(frameOf(deps, granted), { outcome, detail }), values: {} };
  };
  if (refusal !== null) return unstarted('spawn_error', refusal);
  // The claimer has looked, and asked again; this process may have stood still since.
  if (deps.leases.isEnding(granted.leaseUntil)) {
    const detail = 'its lease was as good as over before its script could be started; the script was not started';
    return unstarted('lost', detail);
  }
  try {
    return await runClaimed(deps, granted);
  } catch (error) {
    log.error({ event: 'run_failed', err: error });
    const detail = `the worker could not run the script: ${error instanceof Error ? error.message : String(error)}`;
    return unstarted('spawn_error', detail);
  }
}

async function runClaimed(deps: TrackDeps, granted: GrantedRun): Promise<Ended> {
  const { run, runId, leaseUntil } = granted;
  const output = deps.output.open(keyOf(granted));
  let endedBecause: 'cancel' | 'lost' | null = null;
  const noted = noteLines(run, deps.lineDirectory, runId);
  const handle = deps.runner.run({
    runId,
    script: noted.script,
    shell: run.shell,
    environment: run.environment,
    inputs: run.inputs,
    timeoutMs: run.timeoutMs,
    graceMs: run.graceMs ?? deps.defaults.graceMs,
    maxOutputBytes: run.maxOutputBytes ?? deps.defaults.maxOutputBytes,
    onOutput: (chunk) => output.write(chunk),
    onSurvivors(survivors) {
      const problem = describeSurvivors(survivors);
      deps.troubles.set(runId, problem);
      // Where people look for what keeps it: it is the last line of the output, which "why" quotes.
      void output.write(Buffer.from(`\n[baton: ${problem}; it is RUNNING until they are gone]\n`));
    },
  });
  const end = (why: 'cancel' | 'lost'): void => {
    endedBecause ??= why;
    if (why === 'cancel') return handle.cancel();
    // The lease is about to be somebody else's: no grace, whatever the vertex says and whoever was first to end it.
    output.drop();
    handle.kill();
  };
  deps.running.add(end);
  deps.leases.hold({ ...keyOf(granted), leaseUntil, end });
  const waitForEnd = async (): Promise<RunResult> => {
    try {
      const result = await handle.result;
      await output.flush();
      return result;
    } finally {
      deps.running.delete(end);
      deps.troubles.set(runId, null);
    }
  };
  const result = await waitForEnd();
  const { values, problem } = readHandedOn(result);
  const completion = await makeCompletion(frameOf(deps, granted), {
    result,
    endedBecause,
    outputProblem: problem,
    findLine: () => noted.findLine(),
  });
  await noted.discard().catch((error: unknown) => {
    deps.logger.warn({ event: 'line_notes_kept', runId, err: error }); // the completion matters more than the file
  });
  // Of a lost attempt nobody wants values: it was somebody else's to end.
  return { completion, values: completion.outcome === 'lost' ? {} : values };
}
