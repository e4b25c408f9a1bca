import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient, type PipelineWhy } from '@baton/client';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { openWhyScene, type WhyScene } from './testing/why-scene.ts';

/** Why is it not running? What persons, limits and other pipelines hold, and what has ended; why.test.ts has the rest. */
let scene: WhyScene;
beforeAll(async () => {
  scene = await openWhyScene();
}, 120_000);
afterAll(() => scene.stack.stop());

test('what waits for a person says for whom, and the pipeline names all of them', async () => {
  const gate = { approvers: ['role:release'], message: 'Ship it?', expiresMs: 3_600_000 };
  const id = await scene.startNew(
    [
      { name: 'held', script: 'ping {ip}', input: { ip: { required: true } }, onMissing: 'ask' },
      { name: 'gated', gate },
      { name: 'choosing', next: 'left' },
      { name: 'left' },
      { name: 'right' },
      { name: 'failing', script: 'exit 3' },
      { name: 'after' },
    ],
    {
      edges: [
        ['choosing', 'left'],
        ['choosing', 'right'],
        ['failing', 'after'],
      ],
      start: { mode: 'manual', onFailure: 'hold' },
    },
  );
  expect((await scene.waitForBlocker(id, 'held', 'params')).blockers).toMatchObject([
    { kind: 'params', names: ['ip'] },
  ]);
  expect((await scene.why(id, 'gated')).blockers).toMatchObject([
    {
      kind: 'approval',
      approvers: ['role:release'],
      message: 'Ship it?',
      onExpiry: 'reject',
      expiresAt: expect.any(String),
    },
  ]);
  expect((await scene.waitForBlocker(id, 'choosing', 'choice')).blockers).toMatchObject([
    { kind: 'choice', offered: ['left'], successors: ['left', 'right'] },
    { kind: 'ended', reason: null },
  ]);
  expect((await scene.waitForBlocker(id, 'failing', 'decision')).blockers).toMatchObject([
    { kind: 'decision', reason: 'exit_code', exitCode: 3 },
    { kind: 'ended' },
  ]);
  expect((await scene.why(id, 'right')).blockers).toMatchObject([
    { kind: 'predecessors', roots: [{ vertex: 'choosing', kind: 'choice', state: 'SUCCEED' }] },
  ]);
  expect((await scene.why(id, 'after')).blockers).toMatchObject([{ roots: [{ vertex: 'failing', kind: 'decision' }] }]);
  const { groups } = await scene.api.get<PipelineWhy>(`/pipelines/${id}/why`);
  expect(groups.map(({ kind, count, tracks }) => [kind, count, tracks[0]?.vertex])).toEqual([
    ['params', 1, 'held'],
    ['approval', 1, 'gated'],
    ['choice', 1, 'choosing'],
    ['decision', 1, 'failing'],
  ]);
  const { stdout } = await runCli(scene.stack, ['why', String(id)]);
  expect(stdout).toContain('approval: 1 track waits for the approval of role:release: gated');
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what a limit keeps names the tracks that have its places, and a pipeline counts what waits', async () => {
  const hold = scene.holding('limit');
  const graph = await scene.makeGraph([{ name: 'A', limit: 1, script: hold.script }]);
  const holder = await scene.startGraph(graph);
  await scene.waitForBlocker(holder, 'A', 'running');
  const kept = await scene.startGraph(graph);
  const { id: holderTrack } = await scene.getTrack(holder);
  const answer = await scene.waitForBlocker(kept, 'A', 'limit');
  expect(answer.blockers).toMatchObject([
    {
      kind: 'limit',
      key: expect.stringMatching(/^vertex:/),
      capacity: 1,
      running: 1,
      waiting: 1,
      holders: [{ trackId: holderTrack, vertex: 'A', pipelineId: holder }],
    },
  ]);
  expect(answer.sentence).toBe(
    `A is PENDING: waits for the limit of vertex A: 1 of 1 place taken, by A of pipeline ${holder}; 1 track waits for it`,
  );
  await createClient({ url: scene.stack.url, token: scene.stack.token }).setPool('why-gpu', 0);
  const many = await scene.startNew(
    Array.from({ length: 60 }, (_, index) => ({ name: `V${index}`, pools: ['why-gpu'] })),
  );
  const whole = await waitUntil(
    () => scene.api.get<PipelineWhy>(`/pipelines/${many}/why`),
    ({ groups: [group] }) => group?.kind === 'limit' && group.count === 60,
  );
  expect(whole.groups).toHaveLength(1);
  expect(whole.groups[0]?.sentence).toMatch(/^60 tracks wait for pool why-gpu: V0, V1, V2 and 57 more$/);
  expect(whole.groups[0]?.tracks).toHaveLength(10);
  expect((await scene.why(many, 'V7')).sentence).toContain('waits for pool why-gpu: it is closed; 60 tracks wait');
  await scene.api.post(`/pipelines/${many}/cancel`);
  await hold.letGo();
  expect(await waitForEnd(scene.api, kept)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what runs a pipeline says why that one has not ended', async () => {
  const inner = await scene.makeGraph([{ name: 'inside', gate: { approvers: ['role:release'] } }]);
  const id = await scene.startNew([{ name: 'outer', pipeline: { graph: inner } }, { name: 'after' }], {
    edges: [['outer', 'after']],
  });
  const { blockers } = await scene.waitForBlocker(id, 'outer', 'child');
  expect(blockers).toMatchObject([
    {
      kind: 'child',
      pipelineState: 'RUNNING',
      reasons: ['1 track waits for the approval of role:release: inside'],
    },
  ]);
  const after = await scene.why(id, 'after');
  expect(after.sentence).toMatch(
    /outer.*runs pipeline \d+.*RUNNING: 1 track waits for the approval of role:release: inside/,
  );
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what has ended says how, by whose doing, and which tracks above were the cause', async () => {
  const failed = await scene.startNew([{ name: 'A', script: 'exit 7' }, { name: 'B' }, { name: 'C' }], {
    edges: [
      ['A', 'B'],
      ['B', 'C'],
    ],
    start: { onFailure: 'continue' },
  });
  expect(await waitForEnd(scene.api, failed)).toMatchObject({ state: 'FAILED' });
  expect((await scene.why(failed, 'A')).sentence).toMatch(
    /^A is FAILED: ended at .* UTC for exit_code 7 \(line 1: exit 7\)$/,
  );
  expect((await scene.why(failed, 'C')).blockers).toMatchObject([
    { kind: 'ended', reason: 'upstream_failed', because: [{ vertex: 'A', state: 'FAILED' }] },
  ]);
  const skipped = await scene.startNew([{ name: 'A', gate: {} }]);
  const { id: trackId } = await scene.getTrack(skipped);
  await scene.api.post(`/tracks/${trackId}/skip`, { reason: 'not today' });
  expect((await scene.why(skipped, 'A')).blockers).toMatchObject([
    { kind: 'ended', reason: 'skipped', actor: 'admin', comment: 'not today' },
  ]);
  const cancelled = await scene.startNew([{ name: 'A', gate: {} }]);
  await scene.api.post(`/pipelines/${cancelled}/cancel`, { reason: 'a mistake' });
  expect((await scene.why(cancelled, 'A')).blockers).toMatchObject([
    { kind: 'ended', reason: 'pipeline_cancelled', actor: 'admin', comment: 'a mistake' },
  ]);
  expect((await scene.api.get<PipelineWhy>(`/pipelines/${cancelled}/why`)).sentence).toMatch(
    /CANCELLED: ended at .* by admin \(a mistake\)/,
  );
}, 60_000);
