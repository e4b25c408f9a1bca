import { describe, expect, test } from '@jest/globals';
import { trackIdOf } from '@baton/domain';
import { applyFlowEvents } from './apply-flow-events.ts';
import { claimAttempts } from './claim-attempts.ts';
import { lookAtChildren, postponeChildren } from './child-ends.ts';
import { findPipeline } from './find-pipelines.ts';
import { findDueTracks, findExpiredRuns } from './find-stranded.ts';
import { CHILD_WORKER, startChildren } from './start-children.ts';
import { useTestDatabase } from './testing-database.ts';
import { createChildStage } from './testing-children.ts';
import { completionOf, makeRunId, readStates, startTestFlow, TEST_WORKER } from './testing-flow.ts';

const database = useTestDatabase();
const stage = createChildStage(database);

describe('after a crash', () => {
  async function dueChildren(): Promise<Set<number>> {
    const runs = await findExpiredRuns(database, 1000);
    return new Set(runs.filter(({ workerId }) => workerId === CHILD_WORKER).map(({ trackId }) => trackId));
  }

  test('an ended child whose end nobody told is due at once', async () => {
    const { flow, child } = await stage.startNested();
    expect(await dueChildren()).not.toContain(flow.trackId('run'));
    const claim = { trackId: trackIdOf(child, 1), attempt: 1, runId: makeRunId() };
    await claimAttempts(database, { workerId: TEST_WORKER, labels: ['default'], leaseMs: 30_000, claims: [claim] });
    await applyFlowEvents(database, new Map([[child, [{ kind: 'completion', completion: completionOf(claim) }]]]));
    expect(await dueChildren()).toContain(flow.trackId('run'));
    await stage.settle([flow.trackId('run')]);
    expect(await stage.stateOf(flow.pipelineId)).toBe('FINISH');
  });

  test('a cancel that nobody passed down is due at once', async () => {
    const { flow, child } = await stage.startNested();
    await applyFlowEvents(database, new Map([[flow.pipelineId, [{ kind: 'cancel' }]]]));
    expect(await dueChildren()).toContain(flow.trackId('run'));
    await stage.settle([flow.trackId('run')]);
    expect(await stage.stateOf(child)).toBe('CANCELLED');
    expect(await readStates(flow)).toEqual({ run: 'CANCELLED' });
  });

  test('a track that could not be started is due at once', async () => {
    const flow = await startTestFlow(database, {
      vertices: { run: { script: undefined, pipeline: { graph: 'gone' } } },
    });
    await startChildren(database, [{ trackId: flow.trackId('run'), attempt: 1 }]);
    expect(await dueChildren()).toContain(flow.trackId('run'));
  });

  test('whoever starts it again, because the answer was lost, looks at what became of it', async () => {
    const flow = await startTestFlow(database, {
      vertices: { run: { script: undefined, pipeline: { graph: 'gone' } } },
    });
    const track = { trackId: flow.trackId('run'), attempt: 1 };
    await startChildren(database, [track]);
    const { toLookAt } = await startChildren(database, [track]);
    await stage.settle(toLookAt);
    expect(await readStates(flow)).toEqual({ run: 'FAILED' });
  });

  test('what was looked at and goes on is not due any more', async () => {
    const { flow, child } = await stage.startNested();
    const trackId = flow.trackId('run');
    await database.dataSource.query('UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ?', [trackId]);
    expect(await lookAtChildren(database, [trackId])).toEqual({ completions: [], toCancel: [] });
    await postponeChildren(database, [trackId], { afterMs: 60_000, lookedForMs: 0 });
    expect(await dueChildren()).not.toContain(trackId);
    expect(await stage.stateOf(child)).toBe('RUNNING');
  });

  test('an end while it is looked at, which nobody told, keeps it due', async () => {
    const { flow, child } = await stage.startNested();
    const trackId = flow.trackId('run');
    const since = performance.now();
    expect(await lookAtChildren(database, [trackId])).toEqual({ completions: [], toCancel: [] });
    await applyFlowEvents(database, new Map([[child, [{ kind: 'cancel' }]]]));
    await postponeChildren(database, [trackId], { afterMs: 60_000, lookedForMs: performance.now() - since });
    expect(await dueChildren()).toContain(trackId);
  });

  test('the first tracks of a child that nobody enqueued are found like those of any pipeline', async () => {
    const { child } = await stage.startNested();
    await database.dataSource.query('UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE pipeline_id = ?', [child]);
    const due = await findDueTracks(database, 1000);
    expect(due.map(({ trackId }) => trackId)).toContain(trackIdOf(child, 1));
  });

  test('an end that is told twice counts once', async () => {
    const { flow, child } = await stage.startNested();
    await stage.runTrack(trackIdOf(child, 1));
    expect(await stage.stateOf(flow.pipelineId)).toBe('FINISH');
    await stage.settle([flow.trackId('run')]);
    expect((await findPipeline(database, flow.pipelineId))?.openTracks).toBe(0);
  });
});
