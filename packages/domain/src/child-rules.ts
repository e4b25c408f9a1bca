import type { Completion } from './completion.ts';
import type { PipelineState } from './pipeline-status.ts';

/** A pipeline that a track ran, once none of its own tracks is open. */
export interface EndedChild {
  pipelineId: number;
  state: PipelineState;
  reason: string | null;
  /** Its track was to be cancelled. */
  isCancelRequested: boolean;
  /** Of a map, its items: one that was skipped did not succeed. Null where the track ran another graph. */
  items: { succeeded: number; failed: number; minSuccessPercent: number } | null;
}

/**
 * @returns what the attempt ends as whose run the pipeline was. A map succeeds with the share of items that its vertex asks for,
 *   whatever the pipeline of its items says
 */
export function judgeChild(child: EndedChild): Pick<Completion, 'outcome' | 'exitCode' | 'detail'> {
  const { pipelineId, state, reason, isCancelRequested } = child;
  const detail = `pipeline ${pipelineId} is ${state}${reason === null ? '' : `: ${reason}`}`;
  if (state === 'CANCELLED' && isCancelRequested) return { outcome: 'cancelled', exitCode: null, detail };
  return isWell(child)
    ? { outcome: 'exited', exitCode: 0, detail }
    : { outcome: 'child_failed', exitCode: null, detail };
}

function isWell({ state, items }: EndedChild): boolean {
  if (items === null) return state === 'FINISH';
  const { succeeded, failed, minSuccessPercent } = items;
  return state !== 'CANCELLED' && succeeded * 100 >= minSuccessPercent * (succeeded + failed);
}
