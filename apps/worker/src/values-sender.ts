import type { OutputValues } from '@baton/domain';
import { isRefusedForGood, type RunKey, type WorkerApi } from './worker-api.ts';

/**
 * Gives the API what scripts handed on, of all runs together: while one call is under way, what comes is collected for the
 * next. Nothing is tried again here: whoever sends keeps the values, on disk too, until they are stored.
 */
export interface ValuesSender {
  /**
   * @returns `refused` where another run has the attempt: its values are nobody's any more
   * @throws ApiError, UnreachableError
   */
  send(run: RunKey, values: OutputValues): Promise<'stored' | 'refused'>;
}

interface Waiting extends RunKey {
  values: OutputValues;
  settle: { resolve(answer: 'stored' | 'refused'): void; reject(error: unknown): void };
}

const RUNS_IN_A_CALL = 256;
/** Of values, one run's excepted; written as JSON they may be six times as long. */
const LENGTH_OF_A_CALL = 1024 * 1024;

export function createValuesSender({ api }: { api: Pick<WorkerApi, 'sendOutputValues'> }): ValuesSender {
  let waiting: Waiting[] = [];
  let isSending = false;

  const sendOne = async (batch: readonly Waiting[]): Promise<void> => {
    const outputs = batch.map(({ trackId, attempt, runId, values }) => ({ trackId, attempt, runId, values }));
    try {
      const { refused } = await api.sendOutputValues({ outputs });
      const refusedRuns = new Set(refused.map(({ runId }) => runId));
      for (const { runId, settle } of batch) settle.resolve(refusedRuns.has(runId) ? 'refused' : 'stored');
    } catch (error) {
      // One that the API does not take must not be the end of the others.
      if (isRefusedForGood(error) && batch.length > 1) for (const one of batch) await sendOne([one]);
      else for (const { settle } of batch) settle.reject(error);
    }
  };

  const sendAll = async (): Promise<void> => {
    isSending = true;
    // Runs that ended in the same turn go into one call.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      waiting = waiting.slice(batch.length);
      await sendOne(batch);
    }
    isSending = false;
  };

  return {
    send: ({ trackId, attempt, runId }, values) =>
      new Promise((resolve, reject) => {
        waiting.push({ trackId, attempt, runId, values, settle: { resolve, reject } });
        if (!isSending) void sendAll();
      }),
  };
}

function takeBatch(waiting: readonly Waiting[]): Waiting[] {
  let length = 0;
  const end = waiting.findIndex(({ values }, index) => {
    for (const [key, value] of Object.entries(values)) length += key.length + value.length;
    return index > 0 && (index === RUNS_IN_A_CALL || length > LENGTH_OF_A_CALL);
  });
  return waiting.slice(0, end === -1 ? waiting.length : end);
}
