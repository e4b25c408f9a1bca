import { expect, test } from '@jest/globals';
import { rerunPipeline } from './rerun-pipeline.ts';
import { useTestDatabase } from './testing-database.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';
import { readStates, runTracks, startTestFlow, storeNextVersion, type TestFlow } from './testing.ts';

const database = useTestDatabase();

async function expectFoldable(flow: TestFlow): Promise<void> {
  const folded = toComparable(await rebuildFromHistory(database, flow.pipelineId));
  expect(folded).toEqual(toComparable(await readWholePipeline(database, flow.pipelineId)));
}

/** B has failed and C is CANCELLED for it; A runs again on a version with other ways to C, and C stays as it is. */
test.each([
  ['one more', ['B->C'], ['B->C', 'A->C']],
  ['one less', ['B->C', 'A->C'], ['A->N', 'N->C', 'B->C']],
  ['another', ['B->C', 'A->C', 'X->C'], ['B->C', 'A->C']],
])(
  'on a version with %s edge to a vertex that ends as before, what comes before it ends as well',
  async (_, old, next) => {
    const vertices = { A: {}, B: {}, C: {}, X: {} };
    const flow = await startTestFlow(database, { vertices, edges: old, onFailure: 'continue' });
    await runTracks(flow, ['A', 'X']);
    await runTracks(flow, ['B'], { exitCode: 1 });
    await storeNextVersion(database, flow.graph.graph, { vertices, edges: next });
    const from = { vertexIds: [flow.trackId('A') % 4194304], descendants: true };
    const action = { actor: 'ada', reason: null, actionId: null };
    const { verdict } = await rerunPipeline(database, { pipelineId: flow.pipelineId, from, version: 'latest' }, action);
    expect(verdict).toEqual({ kind: 'done' });
    await expectFoldable(flow);
    await runTracks(flow, ['A'], { attempt: 2 });
    expect(await readStates(flow)).toMatchObject({ A: 'SUCCEED', B: 'FAILED', C: 'CANCELLED' });
    await expectFoldable(flow);
  },
);
