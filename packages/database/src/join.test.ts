import { expect, test } from '@jest/globals';
import { applyFlowEvents } from './apply-flow-events.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  claimTracks,
  completionOf,
  readPipeline,
  readStates,
  startPipelineOf,
  storeTestGraph,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 16, sendsTogether: true });

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index}`);

/** Completes every named track at the same moment, each in a transaction of its own. @returns what is to be enqueued */
async function completeAtOnce(flow: TestFlow, names: readonly string[], onRetry: () => void): Promise<string[]> {
  const runs = await claimTracks(flow, names);
  const applied = await Promise.all(
    runs.map((run) =>
      applyFlowEvents(database, new Map([[flow.pipelineId, [{ kind: 'completion', completion: completionOf(run) }]]]), {
        onRetry,
      }),
    ),
  );
  return applied.flatMap(({ toDispatch }) => toDispatch.map(({ vertex }) => vertex));
}

test('16 predecessors end at the same moment: in each of 100 rounds the join starts exactly once', async () => {
  const predecessors = numbered('P', 16);
  const graph = await storeTestGraph(database, { edges: predecessors.map((name) => `${name}->J`) });
  const rounds: Record<string, number> = {};
  let retries = 0;
  for (let round = 0; round < 100; round += 1) {
    const flow = await startPipelineOf(database, graph);
    const started = await completeAtOnce(flow, predecessors, () => void (retries += 1));
    const { J, ...others } = await readStates(flow);
    const pipeline = await readPipeline(flow);
    const outcome = `enqueued ${started.join()}, J ${J}, ${Object.values(others).filter((state) => state === 'SUCCEED').length} SUCCEED, ${pipeline.openTracks} open`;
    rounds[outcome] = (rounds[outcome] ?? 0) + 1;
  }
  expect(rounds).toEqual({ 'enqueued J, J PENDING, 16 SUCCEED, 1 open': 100 });
  expect(retries).toBeLessThan(16);
});

test('4 predecessors of 4 joins end at the same moment: no join is lost and none is started twice', async () => {
  const [tails, heads] = [numbered('P', 4), numbered('J', 4)];
  const graph = await storeTestGraph(database, {
    edges: tails.flatMap((tail) => heads.map((head) => `${tail}->${head}`)),
  });
  const rounds: Record<string, number> = {};
  let retries = 0;
  for (let round = 0; round < 100; round += 1) {
    const flow = await startPipelineOf(database, graph);
    const started = await completeAtOnce(flow, tails, () => void (retries += 1));
    const states = await readStates(flow);
    const outcome = `enqueued ${started.toSorted().join()}, ${heads.filter((name) => states[name] === 'PENDING').length} PENDING`;
    rounds[outcome] = (rounds[outcome] ?? 0) + 1;
  }
  expect(rounds).toEqual({ 'enqueued J0,J1,J2,J3, 4 PENDING': 100 });
  expect(retries).toBeLessThan(4);
});

test('the last 8 tracks end at the same moment: the pipeline is FINISH, and exactly one of them says so', async () => {
  const names = numbered('V', 8);
  const graph = await storeTestGraph(database, { vertices: Object.fromEntries(names.map((name) => [name, {}])) });
  for (let round = 0; round < 20; round += 1) {
    const flow = await startPipelineOf(database, graph);
    const runs = await claimTracks(flow, names);
    const applied = await Promise.all(runs.map((run) => applyCompletions(flow, [completionOf(run)])));
    expect(applied.flatMap(({ ended }) => ended)).toEqual([{ pipelineId: flow.pipelineId, state: 'FINISH' }]);
    expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
  }
});
