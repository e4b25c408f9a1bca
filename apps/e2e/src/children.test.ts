import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseYamlText } from '@baton/domain';
import { listTracks, waitForEnd, waitUntil, type PipelineAnswer } from './testing/call-api.ts';
import { openWorkerScene, type WorkerScene } from './testing/worker-scene.ts';

/** Graphs in graphs and lists of items, through the real programs; the graphs of docs/child-pipelines.md among them. */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene();
  await scene.addWorker('default');
}, 120_000);
afterAll(() => scene.stack.stop());

interface Graph {
  name: string;
  vertices: { name: string; [field: string]: unknown }[];
  edges?: unknown[];
}

/** Under a name of its own. @returns that name */
async function store({ name, ...graph }: Graph): Promise<string> {
  const unique = `${name}-${randomBytes(4).toString('hex')}`;
  await scene.api.post('/graphs', { name: unique, ...graph });
  return unique;
}

async function start(graph: string, options: object = {}): Promise<number> {
  return (await scene.api.post<{ id: number }>('/pipelines', { graph, ...options })).id;
}

async function printedBy(pipelineId: number, vertex: string): Promise<string> {
  const { id } = await scene.getTrack(pipelineId, vertex);
  return scene.api.get<string>(`/tracks/${id}/output`);
}

async function childOf(pipelineId: number, vertex: string): Promise<number> {
  const { id } = await scene.getTrack(pipelineId, vertex);
  const isThere = ({ childPipelineId }: { childPipelineId: number | null }): boolean => childPipelineId !== null;
  const track = await waitUntil(() => scene.api.get<{ childPipelineId: number | null }>(`/tracks/${id}`), isThere);
  return track.childPipelineId ?? 0;
}

/** The graphs of the page, the scripts that would need programs replaced. */
const PAGE = readFileSync(new URL('../../../docs/child-pipelines.md', import.meta.url), 'utf8');
const [RELEASE, THUMBNAILS] = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => {
  return parseYamlText(text as string) as Graph;
}) as [Graph, Graph];

describe('docs/child-pipelines.md', () => {
  test('a graph that runs another: parameters go down, outputs come up', async () => {
    const suite = await store({
      name: 'test-suite',
      vertices: [
        {
          name: 'report',
          input: { browser: { type: 'string', required: true }, version: { type: 'string', required: true } },
          script: 'echo "passed=7 in {browser} of {version}" > "$BATON_OUTPUT"',
        },
      ],
    });
    const vertices = RELEASE.vertices.map((vertex) =>
      vertex.name === 'test' ? { ...vertex, pipeline: { ...(vertex['pipeline'] as object), graph: suite } } : vertex,
    );
    const id = await start(await store({ ...RELEASE, vertices }), { params: { browser: 'fire; fox' } });
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    expect(await printedBy(id, 'publish')).toBe('7 in fire; fox of 1.4.2 tests passed\n');
  });

  test('a list: one track an item, what they hand on in order', async () => {
    const vertices = THUMBNAILS.vertices.map((vertex) =>
      vertex.name === 'shrink' ? { ...vertex, script: 'echo "small=small-{file}" > "$BATON_OUTPUT"' } : vertex,
    );
    const id = await start(await store({ ...THUMBNAILS, vertices }));
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    expect(await printedBy(id, 'report')).toBe('2 of them done\n');
    const shrink = await scene.getTrack(id, 'shrink');
    const { outputs } = await scene.api.get<{ outputs: Record<string, string> }>(`/tracks/${shrink.id}/outputs`);
    expect(JSON.parse(outputs['results'] ?? '')).toEqual([{ small: 'small-a.png' }, { small: 'small-b.png' }]);
    const items = await listTracks(scene.api, await childOf(id, 'shrink'));
    expect(items.map(({ vertex, state }) => [vertex, state])).toEqual([
      ['shrink[0]', 'SUCCEED'],
      ['shrink[1]', 'SUCCEED'],
    ]);
  });
});

test('children are not in the list of pipelines, but on request', async () => {
  const inner = await store({ name: 'inner', vertices: [{ name: 'only', script: 'true' }] });
  const outer = await store({ name: 'outer', vertices: [{ name: 'run', pipeline: { graph: inner } }] });
  const id = await start(outer);
  await waitForEnd(scene.api, id);
  const child = await childOf(id, 'run');
  const { id: trackId } = await scene.getTrack(id, 'run');
  const list = async (query: string): Promise<number[]> =>
    (await scene.api.get<{ items: PipelineAnswer[] }>(`/pipelines?${query}`)).items.map((pipeline) => pipeline.id);
  expect(await list('')).not.toContain(child);
  expect(await list('children=true')).toEqual(expect.arrayContaining([id, child]));
  expect(await list(`parent=${trackId}`)).toEqual([child]);
});

test('cancel and pause go down, and a child cannot be rerun by itself', async () => {
  const inner = await store({ name: 'inner', vertices: [{ name: 'sleep', script: 'sleep 60' }] });
  const outer = await store({ name: 'outer', vertices: [{ name: 'run', pipeline: { graph: inner } }] });
  const id = await start(outer);
  const child = await childOf(id, 'run');
  const stateOf = (pipelineId: number) => async (): Promise<string> =>
    (await scene.api.get<PipelineAnswer>(`/pipelines/${pipelineId}`)).state;
  await scene.api.post(`/pipelines/${id}/pause`);
  expect(await stateOf(child)()).toBe('PAUSED');
  await scene.api.post(`/pipelines/${id}/resume`);
  expect(await stateOf(child)()).toBe('RUNNING');
  await waitUntil(
    () => listTracks(scene.api, child),
    ([track]) => track?.state === 'RUNNING',
  );
  await scene.api.post(`/pipelines/${id}/cancel`);
  await waitUntil(
    () => listTracks(scene.api, id),
    ([track]) => track?.state === 'CANCELLED',
  );
  expect(await stateOf(child)()).toBe('CANCELLED');
  expect((await listTracks(scene.api, child))[0]?.state).toBe('CANCELLED');
  await expect(scene.api.post(`/pipelines/${child}/retry`)).rejects.toThrow(/state_conflict/);
});

test('a graph that runs itself, through another, is refused when it is checked', async () => {
  const name = `round-${randomBytes(4).toString('hex')}`;
  await scene.api.post('/graphs', { name: `${name}-a`, vertices: [{ name: 'b', pipeline: { graph: `${name}-b` } }] });
  await scene.api.post('/graphs', { name: `${name}-b`, vertices: [{ name: 'a', pipeline: { graph: `${name}-a` } }] });
  await expect(start(`${name}-a`)).rejects.toThrow(/sub_pipeline_cycle/);
});
