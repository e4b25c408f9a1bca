import { rememberRequest, replaceAnswer, startPipelineIn, type CreatedPipeline } from '@baton/database';
import { FAILURE_POLICIES, MAX_WAIT_MS, PIPELINE_MODES } from '@baton/domain';
import { z } from 'zod';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';
import type { RepeatableRequest } from './repeatable-request.ts';
import { detailPipeline, showPipeline, type PipelineDetails } from './show-pipeline.ts';

export const startRequestSchema = z
  .strictObject({
    graph: z
      .union([z.int().min(1), z.string().min(1).max(220)], 'expected a graph: its id, its name, or "name@version"')
      .describe('id, name, or "name@version"; without a version the latest'),
    name: z
      .string()
      .min(1)
      .max(190)
      .regex(/^[^\p{Control}]*$/u, 'expected a name without control characters')
      .optional()
      .describe("absent: the graph's name"),
    params: z.record(z.string(), z.json()).optional().describe('values by parameter, or by "vertex.parameter"'),
    mode: z.enum(PIPELINE_MODES).optional().describe('absent: auto'),
    onFailure: z.enum(FAILURE_POLICIES).optional().describe("absent: the graph's, else stop"),
    priority: z.int().min(0).max(1000).optional().describe('higher starts sooner; absent: 0'),
    timeoutMs: z.int().min(1).max(MAX_WAIT_MS).optional().describe("FAILED if it lasts longer; absent: the graph's"),
  })
  .meta({ id: 'StartRequest' });

export type StartRequest = z.output<typeof startRequestSchema>;

/**
 * Starts a pipeline: checks the version if that is still to be done, seals it, and writes the pipeline with all its tracks,
 * all in one transaction, which starts of other callers may share; then enqueues what may run. Where Redis is away the
 * reconcile loop enqueues it later.
 * @throws BatonError graph_not_found, graph_check_failed, invalid_parameters, those of rememberRequest: nothing is written
 */
export async function startPipeline(
  deps: Pick<AppDeps, 'database' | 'queue' | 'logger' | 'starts'>,
  start: StartRequest,
  request: RepeatableRequest & { createdBy: string },
): Promise<{ pipeline: PipelineDetails; isReplayed: boolean }> {
  if (request.isRepeatable) return startAlone(deps, start, { ...request, made: null });
  const { createdBy, signal } = request;
  let made: CreatedPipeline | null = null;
  const note = (created: CreatedPipeline): void => {
    made = created;
  };
  const together = await deps.starts
    .start({ order: start, createdBy, request, signal, note })
    .catch(() => 'unknown' as const); // it is tried alone, and says why
  if (together === null || together === 'unknown') {
    signal.throwIfAborted();
    return startAlone(deps, start, { ...request, made, wasTried: together === 'unknown' });
  }
  const { pipeline, created } = together;
  return { pipeline: await detailPipeline(deps.database, pipeline, created.counts), isReplayed: false };
}

/** @param request `made`: what a try before this one may have committed, which its key tells */
async function startAlone(
  deps: Pick<AppDeps, 'database' | 'queue' | 'logger'>,
  start: StartRequest,
  request: RepeatableRequest & { createdBy: string; made: CreatedPipeline | null },
): Promise<{ pipeline: PipelineDetails; isReplayed: boolean }> {
  let { made } = request;
  const { answer, isReplayed } = await rememberRequest<Started>(deps.database, request, async (runner) => {
    const origin = { createdBy: request.createdBy };
    const started = await startPipelineIn(runner, deps.database, { order: start, origin });
    request.signal.throwIfAborted();
    made = started;
    return { pipelineId: started.pipelineId };
  });
  const pipeline = answer.pipeline ?? (await showPipeline(deps.database, answer.pipelineId, made?.counts));
  if (isReplayed) return { pipeline, isReplayed };
  await enqueueOrLog(deps, made?.toDispatch ?? []);
  if (request.isRepeatable) await replaceAnswer<Started>(deps.database, request, { ...answer, pipeline });
  return { pipeline, isReplayed };
}

/** What is kept of a start: the id by the transaction itself, the whole answer once it was made. */
interface Started {
  pipelineId: number;
  pipeline?: PipelineDetails;
}
