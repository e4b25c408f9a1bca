import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from './read-sources.ts';
import { waitForEnd } from './testing/call-api.ts';
import { openFlowScene, type FlowScene, type Person } from './testing/flow-scene.ts';
import { readWorkflow } from './testing/read-workflow.ts';
import { verifyJournal, type JournalLine } from './testing/verify-journal.ts';

/** Montage with 310 vertices, of which three fail: run again from the failed ones, judged by what the scripts wrote. */
const workflow = readWorkflow(join(ROOT, 'examples/wfinstances/montage-chameleon-2mass-015d-001.json'));
/** One for each of the three images that it puts together. */
const BROKEN = ['mDiffFit_ID0000136', 'mBackground_ID0000085', 'mBackground_ID0000306'];
/** The broken ones and all that comes after them, by the edges alone. */
const AGAIN = findDescendants(BROKEN);
const KEPT = workflow.vertices.filter((vertex) => !AGAIN.includes(vertex));

let scene: FlowScene;
let ada: Person;

beforeAll(async () => {
  scene = await openFlowScene({ environment: { BATON_CONCURRENCY: '4' } });
  ada = await scene.makePerson('ada');
}, 120_000);

afterAll(() => scene.stack.stop());

function findDescendants(vertices: readonly string[]): string[] {
  const found = new Set(vertices);
  for (const vertex of found) for (const [tail, head] of workflow.edges) if (tail === vertex) found.add(head);
  return [...found].toSorted();
}

/** @param broken what the three do before they say that they ended */
async function putMontage(name: string, broken: string): Promise<void> {
  const tell = 'echo "attempt $BATON_ATTEMPT"\necho "told=by attempt $BATON_ATTEMPT" >>"$BATON_OUTPUT"';
  await scene.putGraph(name, {
    name,
    vertices: workflow.vertices.map((vertex) => ({
      name: vertex,
      script: scene.journaled(BROKEN.includes(vertex) ? `${tell}\n${broken}` : tell),
    })),
    edges: workflow.edges,
  });
}

/** @returns the pipeline's id, once all has run that could, and the three have failed */
async function runMontage(graph: string): Promise<number> {
  const id = await scene.start({ graph, onFailure: 'continue' });
  expect(await waitForEnd(scene.api, id, 120_000)).toMatchObject({ state: 'FAILED' });
  const tracks = [...(await scene.readTracks(id)).values()];
  const names = (state: string): string[] =>
    tracks.filter((track) => track.state === state).map(({ vertex }) => vertex);
  expect(names('FAILED').toSorted()).toEqual(BROKEN.toSorted());
  expect(names('SUCCEED').toSorted()).toEqual(KEPT.toSorted());
  expect(names('CANCELLED')).toHaveLength(AGAIN.length - BROKEN.length);
  return id;
}

interface Plan {
  version: { from: number; to: number };
  totalTracks: number;
  tracks: { vertex: string; attempt: number; changes: string[] }[];
}

async function retry(pipelineId: number, body: object): Promise<Plan> {
  const answer = await ada.post(`/pipelines/${pipelineId}/retry`, body);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body['plan'] as Plan;
}

function listStarts(lines: readonly JournalLine[]): string[] {
  return lines.filter(({ kind }) => kind === 'START').map(({ vertex, attempt }) => `${vertex} ${attempt}`);
}

/** The three for the second time, what follows them for the first, and nothing else. */
const STARTS_AGAIN = AGAIN.map((vertex) => `${vertex} ${BROKEN.includes(vertex) ? 2 : 1}`);

async function expectRunAgain(pipelineId: number, before: number): Promise<void> {
  expect(await waitForEnd(scene.api, pipelineId, 60_000)).toMatchObject({ state: 'FINISH', reason: null });
  const journal = await scene.readJournal(pipelineId);
  expect(listStarts(journal.slice(before)).toSorted()).toEqual(STARTS_AGAIN);
  expect(verifyJournal(journal, workflow, true)).toMatchObject({ violations: [], repeated: BROKEN.length });
  const tracks = await scene.readTracks(pipelineId);
  expect([...tracks.values()].filter(({ state }) => state !== 'SUCCEED')).toEqual([]);
  for (const vertex of BROKEN) await expectBothAttempts(tracks.get(vertex)?.id ?? 0);
}

async function expectBothAttempts(trackId: number): Promise<void> {
  const [first, second] = [
    { result: 'exit_code', exitCode: 9 },
    { result: 'succeed', exitCode: 0 },
  ];
  expect(await scene.api.get(`/tracks/${trackId}`)).toMatchObject({
    attempts: [
      { attempt: 1, ...first },
      { attempt: 2, ...second },
    ],
  });
  for (const attempt of [1, 2]) {
    expect(await scene.api.get(`/tracks/${trackId}/output?attempt=${attempt}`)).toBe(`attempt ${attempt}\n`);
    expect(await scene.api.get(`/tracks/${trackId}/outputs?attempt=${attempt}`)).toMatchObject({
      outputs: { told: `by attempt ${attempt}` },
    });
  }
}

test('once what broke them is gone, the three that failed and what follows run again, and nothing else', async () => {
  const obstacle = join(scene.stack.directory, 'obstacle');
  await writeFile(obstacle, '');
  await putMontage('montage', `! test -e '${obstacle}' || exit 9`);
  const id = await runMontage('montage');
  const [journal, history] = [await scene.readJournal(id), await scene.readHistory(id)];

  const shown = await retry(id, { preview: true });
  expect(shown.totalTracks).toBe(AGAIN.length);
  expect(shown.tracks.map(({ vertex, attempt }) => `${vertex} ${attempt}`).toSorted()).toEqual(STARTS_AGAIN);
  expect(await scene.api.get(`/pipelines/${id}`)).toMatchObject({ state: 'FAILED' });
  expect(await scene.readHistory(id)).toEqual(history);

  await rm(obstacle);
  expect((await retry(id, { reason: 'the obstacle is gone' })).tracks).toEqual(shown.tracks);
  await expectRunAgain(id, journal.length);
  const rerun = (await scene.readHistory(id)).filter(({ kind }) => kind === 'rerun');
  expect(rerun).toMatchObject([{ actor: 'ada', reason: 'the obstacle is gone' }]);
}, 240_000);

test('on a new version that mends their scripts as well', async () => {
  await putMontage('mended', 'exit 9');
  const id = await runMontage('mended');
  const before = (await scene.readJournal(id)).length;
  await putMontage('mended', 'true');
  for (const preview of [true, false]) {
    const plan = await retry(id, { version: 'latest', preview });
    expect(plan.version).toEqual({ from: 1, to: 2 });
    const changed = plan.tracks.filter(({ changes }) => changes.length > 0);
    expect(changed.map(({ vertex }) => vertex).toSorted()).toEqual(BROKEN.toSorted());
    expect(new Set(changed.flatMap(({ changes }) => changes))).toEqual(new Set(['script']));
  }
  await expectRunAgain(id, before);
}, 240_000);

test('what ran because of the failure runs again as well, and what did not follow it does not', async () => {
  const obstacle = join(scene.stack.directory, 'small obstacle');
  await writeFile(obstacle, '');
  await scene.putGraph('small', {
    name: 'small',
    vertices: [
      { name: 'bad', script: scene.journaled(`! test -e '${obstacle}' || exit 9`) },
      { name: 'after', script: scene.journaled() },
      { name: 'cleanup', join: 'all_done', script: scene.journaled() },
      { name: 'other', script: scene.journaled() },
    ],
    edges: [
      ['bad', 'after'],
      ['after', 'cleanup'],
    ],
  });
  const id = await scene.start({ graph: 'small', onFailure: 'continue' });
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FAILED' });
  expect(listStarts(await scene.readJournal(id)).toSorted()).toEqual(['bad 1', 'cleanup 1', 'other 1']);
  await rm(obstacle);
  const plan = await retry(id, {});
  expect(plan.tracks.map(({ vertex }) => vertex).toSorted()).toEqual(['after', 'bad', 'cleanup']);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(listStarts(await scene.readJournal(id)).slice(3)).toEqual(['bad 2', 'after 1', 'cleanup 2']);
});
