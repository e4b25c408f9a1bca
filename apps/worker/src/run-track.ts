import type { Completion } from '@baton/domain';
import type { TrackMessage } from '@baton/queue';
import type { Logger } from '@baton/service';
import type { Claimer, GrantedRun } from './claimer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { cutText } from './cut-text.ts';
import { noteLines } from './note-lines.ts';
import type { OutputSender } from './output-sender.ts';
import type { Reporter } from './reporter.ts';
import type { Runner, RunResult } from './runner/index.ts';

/** What running a track needs. */
export interface TrackDeps {
  workerId: string;
  claimer: Claimer;
  leases: LeaseKeeper;
  output: OutputSender;
  reporter: Reporter;
  runner: Runner;
  /** Where runs note at which line of their script they are. */
  lineDirectory: string;
  defaults: { graceMs: number; maxOutputBytes: number };
  /** Ends every script of this worker as lost: it is stopping and out of time. */
  running: Set<(why: 'lost') => void>;
  logger: Logger;
}

/**
 * The walk of a track on a worker: claim, run, send the output, report. Resolves when the completion is on its way and on
 * disk; the lease is kept until it is known to be applied.
 */
export async function runTrack(deps: TrackDeps, message: TrackMessage): Promise<void> {
  const granted = await deps.claimer.claim(message);
  if (granted === null) return;
  const { run } = granted;
  const log = deps.logger.child({ trackId: run.trackId, attempt: run.attempt, vertex: run.vertex });
  log.info({ event: 'track_started', pipelineId: run.pipelineId });
  const completion = await complete(deps, granted, log);
  log.info({
    event: 'track_ended',
    outcome: completion.outcome,
    exitCode: completion.exitCode,
    ms: completion.durationMs,
  });
  // Nothing is left to end; its lease is renewed until the completion is known to be applied, however long that takes.
  deps.leases.hold({ ...keyOf(granted), leaseUntil: Number.POSITIVE_INFINITY, end: () => {} });
  await deps.reporter.report(completion, run.completionKey);
}

function keyOf({ run: { trackId, attempt }, runId }: GrantedRun): { trackId: number; attempt: number; runId: string } {
  return { trackId, attempt, runId };
}

/** Whatever happens, the track gets a completion: a lease that is held without one would be renewed for ever. */
async function complete(deps: TrackDeps, granted: GrantedRun, log: Logger): Promise<Completion> {
  const { refusal } = granted.run;
  if (refusal !== null) return describeUnstarted(deps, granted, { outcome: 'spawn_error', detail: refusal });
  if (deps.leases.isEnding(granted.leaseUntil)) {
    const detail = 'the claim was answered when its lease was as good as over; the script was not started';
    return describeUnstarted(deps, granted, { outcome: 'lost', detail });
  }
  try {
    return await runClaimed(deps, granted);
  } catch (error) {
    log.error({ event: 'run_failed', err: error });
    const detail = `the worker could not run the script: ${error instanceof Error ? error.message : String(error)}`;
    return describeUnstarted(deps, granted, { outcome: 'spawn_error', detail });
  }
}

async function runClaimed(deps: TrackDeps, granted: GrantedRun): Promise<Completion> {
  const { run, runId, leaseUntil } = granted;
  const output = deps.output.open(keyOf(granted));
  let endedBecause: 'cancel' | 'lost' | null = null;
  const noted = noteLines(run, deps.lineDirectory, runId);
  const handle = deps.runner.run({
    runId,
    script: noted.script,
    shell: run.shell,
    environment: run.environment,
    timeoutMs: run.timeoutMs,
    graceMs: run.graceMs ?? deps.defaults.graceMs,
    maxOutputBytes: run.maxOutputBytes ?? deps.defaults.maxOutputBytes,
    onOutput: (chunk) => output.write(chunk),
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
    }
  };
  const result = await waitForEnd();
  const completion = toCompletion(deps.workerId, granted, { result, endedBecause });
  const hasFailedItself = completion.outcome === 'exited' && completion.exitCode !== 0;
  if (hasFailedItself || completion.outcome === 'timeout') completion.detail = await noted.findLine();
  await noted.discard().catch((error: unknown) => {
    deps.logger.warn({ event: 'line_notes_kept', runId, err: error }); // the completion matters more than the file
  });
  return completion;
}

function toCompletion(
  workerId: string,
  granted: GrantedRun,
  { result, endedBecause }: { result: RunResult; endedBecause: 'cancel' | 'lost' | null },
): Completion {
  const { outcome, detail } = judge(result, endedBecause);
  return {
    ...keyOf(granted),
    workerId,
    outcome,
    exitCode: result.exitCode,
    signal: result.signal,
    detail: detail === null ? null : cutText(detail, MAX_DETAIL_LENGTH),
    durationMs: Math.round(result.durationMs),
    outputBytes: result.outputBytes,
    cutBytes: result.cutBytes,
    next: result.next === null ? null : parseNext(result.next),
  };
}

function judge(
  result: RunResult,
  endedBecause: 'cancel' | 'lost' | null,
): { outcome: Completion['outcome']; detail: string | null } {
  if (result.guarded) return { outcome: 'lost', detail: 'the worker was frozen for longer than its lease' };
  if (result.cancelled && endedBecause === 'lost')
    return { outcome: 'lost', detail: 'the worker lost its lease or was stopped' };
  if (result.cancelled) return { outcome: 'cancelled', detail: null };
  if (result.timedOut) return { outcome: 'timeout', detail: null };
  if (result.spawnError !== null) return { outcome: 'spawn_error', detail: result.spawnError };
  return { outcome: 'exited', detail: null };
}

/** Of a run whose script never started, or of which nothing more is known than this. */
function describeUnstarted(
  deps: TrackDeps,
  granted: GrantedRun,
  { outcome, detail }: { outcome: 'spawn_error' | 'lost'; detail: string },
): Completion {
  return {
    ...keyOf(granted),
    workerId: deps.workerId,
    outcome,
    exitCode: null,
    signal: null,
    detail: cutText(detail, MAX_DETAIL_LENGTH),
    durationMs: 0,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  };
}

const MAX_DETAIL_LENGTH = 2000;
const MAX_NAME_LENGTH = 190;
const MAX_NAMES = 10_000;

/**
 * The successors that a script wrote to $BATON_NEXT, one a line; null where it wrote none. What is too long for a name is
 * cut, and so names no successor: the rules refuse the choice.
 */
export function parseNext(text: string): string[] | null {
  const names = text
    .split('\n')
    .map((line) => cutText(line.trim(), MAX_NAME_LENGTH))
    .filter((line) => line !== '');
  return names.length === 0 ? null : names.slice(0, MAX_NAMES);
}
