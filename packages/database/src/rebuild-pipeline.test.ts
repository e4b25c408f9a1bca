import { expect, test } from '@jest/globals';
import { FAILURE_POLICIES, JOIN_RULES, trackIdOf, type Completion, type FlowEvent } from '@baton/domain';
import { createRandom, type RandomSource } from '@baton/domain/testing';
import type { AskedEvent } from './person-actions.ts';
import { releaseAttempts } from './release-attempts.ts';
import { selectRows } from './statements.ts';
import { createChildStage } from './testing-children.ts';
import { useTestDatabase } from './testing-database.ts';
import { readWholePipeline, rebuildFromHistory, rebuildPipeline, toComparable } from './testing-rebuild.ts';
import {
  actOn,
  applyEventsOf,
  claimTracks,
  completionOf,
  readPipeline,
  startTestFlow,
  TEST_WORKER,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 22 });

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];

function startRandomFlow(pick: RandomSource['pick']): Promise<TestFlow> {
  const edges = NAMES.flatMap((tail, index) =>
    NAMES.slice(index + 1).flatMap((head) => (pick([true, false, false]) ? [`${tail}->${head}`] : [])),
  );
  const vertices = Object.fromEntries(
    NAMES.map((name) => [
      name,
      {
        join: pick([undefined, undefined, ...JOIN_RULES]),
        allowFailure: pick([false, false, true]),
        gate: pick([null, null, { onReject: pick(['skip', 'fail']), onExpiry: pick(['approve', 'reject']) }]),
        retry: pick([null, { max: 1, delayMs: 0 }]),
        onLost: pick(['fail', 'retry']),
      },
    ]),
  );
  const onFailure = pick(FAILURE_POLICIES);
  return startTestFlow(database, { edges, vertices, onFailure, mode: pick(['auto', 'auto', 'manual']) });
}

interface Found {
  name: string;
  vertexId: number;
  state: string;
  attempt: number;
  awaits: string | null;
  runId: string | null;
}

async function readTracks(flow: TestFlow): Promise<Found[]> {
  const rows = await selectRows<Omit<Found, 'name'>>(
    database.dataSource,
    `SELECT vertex_id AS vertexId, state, attempt, awaits, run_id AS runId FROM track WHERE pipeline_id = ?`,
    [flow.pipelineId],
  );
  return rows.map((row) => ({ ...row, name: flow.graph.vertices.get(row.vertexId)?.name ?? '' }));
}

const ENDS: Partial<Completion>[] = [{}, {}, {}, { exitCode: 1 }, { outcome: 'timeout' }, { outcome: 'lost' }];

/** One step of anybody: a claim, an end, a person's word, an expiry, a recount. */
async function step(flow: TestFlow, pick: RandomSource['pick']): Promise<void> {
  const tracks = await readTracks(flow);
  const awaiting = tracks.filter(({ awaits }) => awaits !== null);
  const track = pick(pick([true, false]) && awaiting.length > 0 ? awaiting : tracks);
  const { vertexId, name, attempt, runId } = track;
  const what = pick(['claim', 'claim', 'release', 'end', 'end', 'end', 'person', 'person', 'expire', 'recount']);
  if (what === 'claim') {
    // Refused as often as not: then nothing may be written.
    await claimTracks(flow, [name], attempt).catch((error: Error) => expect(error.message).toContain('refused'));
  } else if (what === 'release') {
    // Of a track that has no run, nothing is.
    const run = { trackId: flow.trackId(name), attempt, runId: runId ?? 'none' };
    await releaseAttempts(database, { workerId: TEST_WORKER, runs: [run] });
  } else if (what === 'person') await actOn(flow, personEvent(flow, pick, track));
  else if (what === 'end' && runId !== null) {
    const run = { trackId: flow.trackId(name), attempt, runId };
    const next = pick([null, null, pick(NAMES)]);
    const completion = completionOf(run, { workerId: TEST_WORKER, ...pick(ENDS), next: next === null ? null : [next] });
    await applyEventsOf(flow, [{ kind: 'completion', completion }]);
  } else if (what !== 'end') {
    await database.dataSource.query(
      `UPDATE track SET expires_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'PENDING' AND awaits = 'approval'`,
      [flow.trackId(name)],
    );
    const events: FlowEvent[] = [what === 'expire' ? { kind: 'expire_track', vertexId } : { kind: 'recount' }];
    await applyEventsOf(flow, events);
  }
}

function personEvent(flow: TestFlow, pick: RandomSource['pick'], { vertexId, awaits }: Found): AskedEvent {
  const successors = [...(flow.graph.vertices.get(vertexId)?.successors ?? [])];
  const names = successors.flatMap((id) => (pick([true, false]) ? [flow.graph.vertices.get(id)?.name ?? ''] : []));
  if (awaits === 'choice' && pick([true, false])) return { kind: 'choose', vertexId, names };
  if (awaits === 'decision' && pick([true, false])) return { kind: 'give_up', vertexId };
  return pick<AskedEvent>([
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'resume' },
    { kind: 'set_mode', mode: pick(['auto', 'manual']) },
    { kind: 'choose', vertexId, names },
    { kind: 'approve', vertexId, values: { given: pick([1, 2]) } },
    { kind: 'approve', vertexId, values: {} },
    { kind: 'reject', vertexId },
    { kind: 'cancel_track', vertexId },
    { kind: 'skip', vertexId },
    { kind: 'succeed', vertexId },
    { kind: 'give_up', vertexId },
    { kind: 'cancel' },
    { kind: 'rerun', from: 'failed' },
    { kind: 'rerun', from: { vertexIds: [vertexId], descendants: pick([true, false]) } },
  ]);
}

const ROUNDS = 40;
const STEPS = 40;

test('the tables can be folded from the history, whatever happens to a pipeline', async () => {
  const seen = new Set<string>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { pick } = createRandom(round);
    const flow = await startRandomFlow(pick);
    for (let made = 0; made < STEPS; made += 1) await step(flow, pick);
    const stored = await readWholePipeline(database, flow.pipelineId);
    const folded = await rebuildFromHistory(database, flow.pipelineId);
    expect({ round, ...toComparable(folded) }).toEqual({ round, ...toComparable(stored) });
    const kinds = await selectRows<{ kind: string }>(
      database.dataSource,
      'SELECT DISTINCT kind FROM pipeline_event WHERE pipeline_id = ?',
      [flow.pipelineId],
    );
    for (const { kind } of kinds) seen.add(kind);
  }
  const expected = [
    'approve',
    'cancel',
    'cancel_track',
    'choose',
    'claim',
    'flow',
    'give_up',
    'pause',
    'reject',
    'release',
  ];
  expect([...seen].toSorted()).toEqual([...expected, 'rerun', 'resume', 'set_mode', 'skip', 'start', 'succeed']);
}, 120_000);

test('the tables can be folded from the history when everybody acts at once', async () => {
  for (let round = 1; round <= 10; round += 1) {
    const { pick } = createRandom(1000 + round);
    const flow = await startRandomFlow(pick);
    for (let wave = 0; wave < 3; wave += 1) await Promise.all(Array.from({ length: 20 }, () => step(flow, pick)));
    await readPipeline(flow);
    const folded = toComparable(await rebuildFromHistory(database, flow.pipelineId));
    expect({ round, ...folded }).toEqual({
      round,
      ...toComparable(await readWholePipeline(database, flow.pipelineId)),
    });
  }
}, 120_000);

test('the tables of a map and of the pipeline of its items can be folded from their histories', async () => {
  const stage = createChildStage(database);
  const input = { list: { type: 'json' }, item: { type: 'integer' } };
  const flow = await startTestFlow(database, {
    edges: ['each->after'],
    vertices: { each: { input, map: { over: 'list', minSuccessPercent: 50 } } },
    inputs: { each: { list: [1, 2] } },
  });
  const child = await stage.startChild(flow, 'each');
  await stage.runTrack(trackIdOf(child, 1), { outputs: { n: '1' } });
  for (const end of ['as it runs', 'at its end']) {
    for (const pipelineId of [flow.pipelineId, child]) {
      const folded = toComparable(await rebuildFromHistory(database, pipelineId));
      expect({ end, ...folded }).toEqual({ end, ...toComparable(await readWholePipeline(database, pipelineId)) });
    }
    if (end === 'as it runs') await stage.runTrack(trackIdOf(child, 2), { exitCode: 1 });
  }
  expect(await stage.stateOf(child)).toBe('FAILED');
});

test('a history that does not begin at the beginning, or misses a version, is refused', () => {
  expect(() => rebuildPipeline([], new Map())).toThrow('from its start');
  expect(() => rebuildPipeline([{ kind: 'flow', body: {} }], new Map())).toThrow('from its start, found it from flow');
  const start = { kind: 'start', body: { pipeline: { versionId: 5 } } };
  expect(() => rebuildPipeline([start], new Map())).toThrow('expected the graph version 5, found none');
});
