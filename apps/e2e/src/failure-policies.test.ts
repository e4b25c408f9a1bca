import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitForEnd } from './testing/call-api.ts';
import {
  openFlowScene,
  statesOf,
  waitForTracks,
  type FlowEvent,
  type FlowScene,
  type FlowTrack,
  type Person,
} from './testing/flow-scene.ts';
import { uniqueSleep, waitForProcesses } from './testing/worker-scene.ts';

/**
 * What a failure does under each policy. One graph for all: `bad` fails while `branch` runs; `branch` ends when the test
 * lets it. What the scripts wrote after the failure, and the order of the history, say what went on and when it turned.
 *
 *   start -> bad -> after -> last --\
 *        \-> branch -> further ------+-> cleanup (all_done)
 */
const EDGES = [
  ['start', 'bad'],
  ['start', 'branch'],
  ['bad', 'after'],
  ['after', 'last'],
  ['branch', 'further'],
  ['last', 'cleanup'],
  ['further', 'cleanup'],
];

let scene: FlowScene;
let ada: Person;

beforeAll(async () => {
  scene = await openFlowScene({ environment: { BATON_CONCURRENCY: '4' } });
  ada = await scene.makePerson('ada');
}, 120_000);

afterAll(() => scene.stack.stop());

interface Failure {
  pipelineId: number;
  /** Lets the branch end. */
  release(): Promise<void>;
  /** Names of what has started since the failure, in order. */
  startedSince(): Promise<string[]>;
  states(): Promise<Record<string, string>>;
  tracks(): Promise<Map<string, FlowTrack>>;
  /** The first event of the history in which a track, or null for the pipeline, came into a state. */
  eventOf(vertex: string | null, state: string): Promise<FlowEvent>;
  /** What the branch's script left behind sleeps for, as processes of this host are found. */
  sleep: string;
}

/** @returns after `bad` has failed, while `branch` runs */
async function failUnder(onFailure: string, policies: object = {}): Promise<Failure> {
  const name = `${onFailure} ${JSON.stringify(policies)}`;
  const [mended, released] = ['mended', 'released'].map((word) => join(scene.stack.directory, `${word} ${name}`));
  const sleep = uniqueSleep();
  const scripts: Record<string, string> = {
    bad: `test -e '${mended}' || exit 7`,
    branch: `${sleep} &\nwhile ! test -e '${released}'; do sleep 0.05; done\nkill $!`,
  };
  // `bad` starts when `branch` surely runs.
  scripts['bad'] = `while ! test -e '${released} started'; do sleep 0.05; done\n${scripts['bad']}`;
  scripts['branch'] = `touch '${released} started'\n${scripts['branch']}`;
  const names = [...new Set(EDGES.flat())];
  await scene.putGraph(name, {
    name,
    vertices: names.map((vertex) => ({
      name: vertex,
      script: scene.journaled(scripts[vertex]),
      ...(vertex === 'cleanup' ? { join: 'all_done' } : {}),
      ...(vertex === 'bad' ? policies : {}),
    })),
    edges: EDGES,
  });
  const pipelineId = await scene.start({ graph: name, onFailure });
  await waitForTracks(scene, pipelineId, (tracks) => tracks.get('bad')?.state === 'FAILED');
  const before = (await scene.readJournal(pipelineId)).length;
  return {
    pipelineId,
    release: () => writeFile(released as string, ''),
    async startedSince() {
      const since = (await scene.readJournal(pipelineId)).slice(before);
      return since.filter(({ kind }) => kind === 'START').map(({ vertex }) => vertex);
    },
    states: async () => statesOf(await scene.readTracks(pipelineId)),
    tracks: () => scene.readTracks(pipelineId),
    eventOf: async (vertex, state) => findEvent(await scene.readHistory(pipelineId), vertex, state),
    sleep,
  };
}

function findEvent(history: readonly FlowEvent[], vertex: string | null, state: string): FlowEvent {
  const found = history.find(({ changes }) =>
    vertex === null
      ? changes.pipeline?.state === state
      : changes.tracks?.some((track) => track.vertex === vertex && track.state === state),
  );
  if (found === undefined) throw new Error(`nothing in the history says that ${vertex ?? 'the pipeline'} is ${state}`);
  return found;
}

function readPipeline(
  pipelineId: number,
): Promise<{ state: string; reason: string | null; finishedAt: string | null }> {
  return scene.api.get(`/pipelines/${pipelineId}`);
}

/** The pipeline ended with the first of these tracks, and before the second. */
async function expectEndBetween(failure: Failure, first: string, second: string): Promise<void> {
  const tracks = await failure.tracks();
  const { finishedAt } = await readPipeline(failure.pipelineId);
  const times = [tracks.get(first)?.finishedAt, finishedAt, tracks.get(second)?.finishedAt].map(String);
  const [began, turned, ended] = times.map(Date.parse) as [number, number, number];
  expect(turned).toBeGreaterThanOrEqual(began);
  expect(turned).toBeLessThan(ended);
}

test('stop: FAILED at once; what runs ends and is recorded, and starts nothing', async () => {
  const failure = await failUnder('stop');
  expect(await readPipeline(failure.pipelineId)).toMatchObject({ state: 'FAILED', reason: 'track bad: exit_code 7' });
  expect(await failure.states()).toMatchObject({ branch: 'RUNNING', after: 'CANCELLED', cleanup: 'CANCELLED' });
  await failure.release();
  const tracks = await waitForTracks(scene, failure.pipelineId, (all) => all.get('branch')?.state === 'SUCCEED');
  expect(statesOf(tracks)).toEqual({
    start: 'SUCCEED',
    bad: 'FAILED',
    branch: 'SUCCEED',
    after: 'CANCELLED',
    last: 'CANCELLED',
    further: 'CANCELLED',
    cleanup: 'CANCELLED',
  });
  expect(await failure.startedSince()).toEqual([]);
  const turned = await failure.eventOf(null, 'FAILED');
  expect(turned.id).toBe((await failure.eventOf('bad', 'FAILED')).id);
  expect(turned.id).toBeLessThan((await failure.eventOf('branch', 'SUCCEED')).id);
  expect((await readPipeline(failure.pipelineId)).state).toBe('FAILED');
  await expectEndBetween(failure, 'bad', 'branch');
});

test('kill: FAILED at once; what runs is killed, and CANCELLED when it is gone', async () => {
  const failure = await failUnder('kill');
  const tracks = await waitForTracks(scene, failure.pipelineId, (all) => all.get('branch')?.state === 'CANCELLED');
  await waitForProcesses(failure.sleep, 0);
  expect(statesOf(tracks)).toEqual({
    start: 'SUCCEED',
    bad: 'FAILED',
    branch: 'CANCELLED',
    after: 'CANCELLED',
    last: 'CANCELLED',
    further: 'CANCELLED',
    cleanup: 'CANCELLED',
  });
  expect(await failure.startedSince()).toEqual([]);
  const journal = await scene.readJournal(failure.pipelineId);
  expect(journal.filter(({ kind }) => kind === 'END').map(({ vertex }) => vertex)).toEqual(['start']);
  const turned = await failure.eventOf(null, 'FAILED');
  expect(turned.id).toBe((await failure.eventOf('bad', 'FAILED')).id);
  expect(turned.id).toBeLessThan((await failure.eventOf('branch', 'CANCELLED')).id);
  expect((await readPipeline(failure.pipelineId)).state).toBe('FAILED');
  await expectEndBetween(failure, 'bad', 'branch');
});

test('continue: other branches and the cleanup go on; FAILED when nothing can run any more, cleanup or not', async () => {
  const failure = await failUnder('continue');
  expect(await readPipeline(failure.pipelineId)).toMatchObject({ state: 'RUNNING', finishedAt: null });
  expect(await failure.states()).toMatchObject({ branch: 'RUNNING', after: 'CANCELLED', last: 'CANCELLED' });
  await failure.release();
  expect(await waitForEnd(scene.api, failure.pipelineId)).toMatchObject({
    state: 'FAILED',
    reason: 'track bad: exit_code 7',
  });
  expect(await failure.states()).toEqual({
    start: 'SUCCEED',
    bad: 'FAILED',
    branch: 'SUCCEED',
    after: 'CANCELLED',
    last: 'CANCELLED',
    further: 'SUCCEED',
    cleanup: 'SUCCEED',
  });
  expect(await failure.startedSince()).toEqual(['further', 'cleanup']);
  expect((await failure.eventOf(null, 'FAILED')).id).toBe((await failure.eventOf('cleanup', 'SUCCEED')).id);
});

describe('hold: the pipeline stays alive and waits for a person', () => {
  async function holdAndRelease(policies: object): Promise<Failure> {
    const failure = await failUnder('hold', policies);
    await failure.release();
    const further = (tracks: Map<string, FlowTrack>): boolean => tracks.get('further')?.state === 'SUCCEED';
    await waitForTracks(scene, failure.pipelineId, further);
    expect(await failure.states()).toEqual({
      start: 'SUCCEED',
      bad: 'FAILED decision',
      branch: 'SUCCEED',
      after: 'WAITING',
      last: 'WAITING',
      further: 'SUCCEED',
      cleanup: 'WAITING',
    });
    expect(await failure.startedSince()).toEqual(['further']);
    expect(await readPipeline(failure.pipelineId)).toMatchObject({ state: 'RUNNING', finishedAt: null });
    const { items } = await scene.api.get<{ items: unknown[] }>('/inbox');
    expect(items).toContainEqual(expect.objectContaining({ pipelineId: failure.pipelineId, vertex: 'bad' }));
    return failure;
  }

  async function decide(failure: Failure, decision: string): Promise<void> {
    const bad = (await failure.tracks()).get('bad');
    expect(await ada.post(`/tracks/${bad?.id}/${decision}`, { reason: 'as tested' })).toMatchObject({ status: 200 });
  }

  test('given up, the cleanup runs, and does not hide the failure', async () => {
    const failure = await holdAndRelease({ description: 'given up' });
    await decide(failure, 'give-up');
    expect(await waitForEnd(scene.api, failure.pipelineId)).toMatchObject({ state: 'FAILED' });
    expect(await failure.states()).toMatchObject({
      bad: 'FAILED',
      after: 'CANCELLED',
      last: 'CANCELLED',
      cleanup: 'SUCCEED',
    });
    expect(await failure.startedSince()).toEqual(['further', 'cleanup']);
    expect((await failure.eventOf(null, 'FAILED')).id).toBe((await failure.eventOf('cleanup', 'SUCCEED')).id);
  });

  test('skipped, only what needs a success above it is skipped with it', async () => {
    const failure = await holdAndRelease({ description: 'skipped' });
    await decide(failure, 'skip');
    expect(await waitForEnd(scene.api, failure.pipelineId)).toMatchObject({ state: 'FINISH' });
    expect(await failure.states()).toMatchObject({
      bad: 'SKIPPED',
      after: 'SKIPPED',
      last: 'SKIPPED',
      cleanup: 'SUCCEED',
    });
    expect(await failure.startedSince()).toEqual(['further', 'cleanup']);
  });

  test('mended and retried, everything runs', async () => {
    const failure = await holdAndRelease({ description: 'retried' });
    await writeFile(join(scene.stack.directory, `mended hold ${JSON.stringify({ description: 'retried' })}`), '');
    await decide(failure, 'retry');
    expect(await waitForEnd(scene.api, failure.pipelineId)).toMatchObject({ state: 'FINISH', reason: null });
    expect(await failure.startedSince()).toEqual(['further', 'bad', 'after', 'last', 'cleanup']);
    expect((await failure.tracks()).get('bad')).toMatchObject({ state: 'SUCCEED', attempt: 2 });
  });
});

test('a failure that is allowed counts as succeeded, and the pipeline is FINISH', async () => {
  const failure = await failUnder('stop', { allowFailure: true });
  await failure.release();
  expect(await waitForEnd(scene.api, failure.pipelineId)).toMatchObject({ state: 'FINISH', reason: null });
  const started = (await scene.readJournal(failure.pipelineId)).filter(({ kind }) => kind === 'START');
  expect(started.map(({ vertex }) => vertex).toSorted()).toEqual([...new Set(EDGES.flat())].toSorted());
  expect((await failure.tracks()).get('bad')).toMatchObject({ state: 'FAILED', exitCode: 7 });
});
