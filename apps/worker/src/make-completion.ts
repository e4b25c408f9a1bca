import { MAX_DETAIL_LENGTH, parseOutputValues, type Completion, type OutputValues } from '@baton/domain';
import { cutText } from './cut-text.ts';
import type { RunResult } from './runner/index.ts';
import type { RunKey } from './worker-api.ts';

const MAX_NAME_LENGTH = 190;
const MAX_NAMES = 10_000;
/** More of them than a detail holds. */
const PROBLEMS_SHOWN = 20;

/** Whose completion it is. */
export type CompletionFrame = RunKey & { workerId: string };

/** How a run ended. */
export interface RunEnd {
  result: RunResult;
  /** Why this worker ended it, if it did. */
  endedBecause: 'cancel' | 'lost' | null;
  /** Why what the script wrote to $BATON_OUTPUT cannot be used; else null. */
  outputProblem: string | null;
  /** Asked for where the script failed by itself: at which line it was; null where that is not known. */
  findLine(): Promise<string | null>;
}

/** What a run that is over is reported as. */
export async function makeCompletion(frame: CompletionFrame, end: RunEnd): Promise<Completion> {
  const { result, outputProblem } = end;
  const { outcome, detail } = judge(end);
  const hasFailedItself = (outcome === 'exited' && result.exitCode !== 0) || outcome === 'timeout';
  const details = hasFailedItself ? [await end.findLine(), outputProblem] : [detail];
  const said = details.filter((text) => text !== null).join('; ');
  return {
    ...frame,
    outcome,
    exitCode: result.exitCode,
    signal: result.signal,
    detail: said === '' ? null : cutText(said, MAX_DETAIL_LENGTH),
    durationMs: Math.round(result.durationMs),
    outputBytes: result.outputBytes,
    cutBytes: result.cutBytes,
    next: result.next === null ? null : parseNext(result.next),
  };
}

function judge({ result, endedBecause, outputProblem }: RunEnd): {
  outcome: Completion['outcome'];
  detail: string | null;
} {
  if (result.guarded) return { outcome: 'lost', detail: 'the worker was frozen for longer than its lease' };
  if (result.cancelled && endedBecause === 'lost')
    return { outcome: 'lost', detail: 'the worker lost its lease or was stopped' };
  if (result.cancelled) return { outcome: 'cancelled', detail: null };
  if (result.timedOut) return { outcome: 'timeout', detail: null };
  if (result.spawnError !== null) return { outcome: 'spawn_error', detail: result.spawnError };
  if (result.exitCode === 0 && outputProblem !== null) return { outcome: 'bad_output', detail: outputProblem };
  return { outcome: 'exited', detail: null };
}

/** Of a run whose script never started, or of which nothing more is known than this. */
export function describeUnstarted(
  frame: CompletionFrame,
  { outcome, detail }: { outcome: 'spawn_error' | 'lost' | 'cancelled'; detail: string | null },
): Completion {
  return {
    ...frame,
    outcome,
    exitCode: null,
    signal: null,
    detail: detail === null ? null : cutText(detail, MAX_DETAIL_LENGTH),
    durationMs: 0,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  };
}

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

/** What a script handed on: nothing at all where anything of it is wrong. */
export function readHandedOn({ output, outputProblem }: Pick<RunResult, 'output' | 'outputProblem'>): {
  values: OutputValues;
  problem: string | null;
} {
  if (output === null) return { values: {}, problem: outputProblem };
  const { values, problems } = parseOutputValues(output);
  if (problems.length === 0) return { values, problem: null };
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ line, message }) => `line ${line}: ${message}`);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return { values: {}, problem: `$BATON_OUTPUT cannot be used: ${[...shown, ...more].join('; ')}` };
}
