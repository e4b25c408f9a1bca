import { pipelineIdOf, type Completion, type FlowEvent } from '@baton/domain';
import { applyFlowEvents, type AppliedEvents } from './apply-flow-events.ts';
import { claimAttempts } from './claim-attempts.ts';
import { findChildrenToCancel, lookAtChildren } from './child-ends.ts';
import type { Database } from './data-source.ts';
import { findPipeline } from './find-pipelines.ts';
import { findTrack, type TrackRecord } from './find-tracks.ts';
import { startChildren } from './start-children.ts';
import { completionOf, makeRunId, startTestFlow, storeTestGraph, TEST_WORKER, type TestFlow } from './testing-flow.ts';
import { insertTrackOutputs } from './track-outputs.ts';

/** For tests: what workers and orchestrators do about pipelines that run in tracks. */
export interface ChildStage {
  /** Claims a track as a worker would, ends its script and applies that. */
  runTrack(trackId: number, end?: Partial<Completion> & { outputs?: Record<string, string> }): Promise<AppliedEvents>;
  /** Applies events, and then does what they ask for about children. */
  apply(events: Map<number, FlowEvent[]>): Promise<AppliedEvents>;
  settle(trackIds: readonly number[]): Promise<void>;
  trackOf(trackId: number): Promise<TrackRecord>;
  /** Starts the child of a track. @returns its id */
  startChild(flow: TestFlow, name: string, attempt?: number): Promise<number>;
  stateOf(pipelineId: number): Promise<string | undefined>;
  /** A graph of one vertex with a parameter. @returns its name */
  storeEcho(): Promise<string>;
  /** A pipeline whose one vertex runs such a graph, with its child. */
  startNested(): Promise<{ flow: TestFlow; child: number }>;
}

export function createChildStage(database: Database): ChildStage {
  const stage: ChildStage = {
    async runTrack(trackId, { outputs = {}, ...end } = {}) {
      const { attempt } = await stage.trackOf(trackId);
      const claim = { trackId, attempt, runId: makeRunId() };
      const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: 30_000, claims: [claim] };
      const [result] = await claimAttempts(database, request);
      if (result?.granted !== true) throw new Error(`the claim of ${trackId} was refused: ${result?.why}`);
      await insertTrackOutputs(database.dataSource, [{ trackId, attempt, values: outputs }]);
      const completion = completionOf(claim, end);
      return stage.apply(new Map([[pipelineIdOf(trackId), [{ kind: 'completion', completion }]]]));
    },
    async apply(events) {
      const applied = await applyFlowEvents(database, events);
      const toCancel = await findChildrenToCancel(database, applied.killRequested);
      await stage.settle([...applied.childrenDone, ...toCancel]);
      return applied;
    },
    async settle(trackIds) {
      const { completions, toCancel } = await lookAtChildren(database, trackIds);
      const events = new Map<number, FlowEvent[]>(toCancel.map((id) => [id, [{ kind: 'cancel' }]]));
      for (const completion of completions) {
        const pipelineId = pipelineIdOf(completion.trackId);
        events.set(pipelineId, [...(events.get(pipelineId) ?? []), { kind: 'completion', completion }]);
      }
      if (events.size > 0) await stage.apply(events);
    },
    async trackOf(trackId) {
      const track = await findTrack(database, trackId);
      if (track === null) throw new Error(`there is no track ${trackId}`);
      return track;
    },
    async startChild(flow, name, attempt = 1) {
      const { toLookAt } = await startChildren(database, [{ trackId: flow.trackId(name), attempt }]);
      await stage.settle(toLookAt);
      const { childPipelineId } = await stage.trackOf(flow.trackId(name));
      if (childPipelineId === null) throw new Error(`${name} has no child`);
      return childPipelineId;
    },
    stateOf: async (pipelineId) => (await findPipeline(database, pipelineId))?.state,
    async storeEcho() {
      const input = { word: { type: 'string', required: true } };
      return (await storeTestGraph(database, { vertices: { say: { input, script: 'echo {word}' } } })).graph;
    },
    async startNested() {
      const pipeline = { graph: await stage.storeEcho(), params: { word: 'x' } };
      const flow = await startTestFlow(database, { vertices: { run: { script: undefined, pipeline } } });
      return { flow, child: await stage.startChild(flow, 'run') };
    },
  };
  return stage;
}
