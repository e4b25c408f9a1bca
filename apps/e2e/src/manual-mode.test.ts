import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRounds } from './config.ts';
import { ROOT } from './read-sources.ts';
import { waitForEnd } from './testing/call-api.ts';
import {
  openFlowScene,
  playRounds,
  statesOf,
  waitForTracks,
  type FlowScene,
  type FlowTrack,
  type Person,
} from './testing/flow-scene.ts';

/** The owner's test1 handed on by hand, and two persons who choose at once. `BATON_E2E_ROUNDS=200` is the full figure. */
const ROUNDS = readRounds(20);
const ROUND_TIMEOUT_MS = 5000;
const LANES = 4;

let scene: FlowScene;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  scene = await openFlowScene({ environment: { BATON_CONCURRENCY: '4' } });
  [ada, bob] = [await scene.makePerson('ada'), await scene.makePerson('bob')];
  await scene.putGraph('test1', await readFile(join(ROOT, 'examples/test1.yaml'), 'utf8'));
  await scene.putGraph('shape', {
    name: 'shape',
    vertices: ['A', 'B', 'C', 'D'].map((name) => ({ name, script: scene.journaled() })),
    edges: [
      ['A', 'B'],
      ['A', 'C'],
      ['C', 'B'],
      ['B', 'D'],
    ],
  });
}, 120_000);

afterAll(() => scene.stack.stop());

async function waitForChoice(pipelineId: number, vertex: string): Promise<FlowTrack> {
  const tracks = await waitForTracks(scene, pipelineId, (all) => all.get(vertex)?.awaits === 'choice');
  return tracks.get(vertex) as FlowTrack;
}

async function choose(track: FlowTrack, next: unknown): Promise<void> {
  expect(await ada.post(`/tracks/${track.id}/next`, { next })).toMatchObject({ status: 200 });
}

/** Names in the order in which their scripts started. */
async function listStarted(pipelineId: number): Promise<string[]> {
  const ran = [...(await scene.readTracks(pipelineId)).values()].filter(({ startedAt }) => startedAt !== null);
  return ran.toSorted((a, b) => String(a.startedAt).localeCompare(String(b.startedAt))).map(({ vertex }) => vertex);
}

test('test1: at A the offer is B; choosing B skips C, and B runs', async () => {
  const id = await scene.start({ graph: 'test1', mode: 'manual' });
  const a = await waitForChoice(id, 'A');
  expect(await scene.api.get(`/tracks/${a.id}`)).toMatchObject({
    choice: { offered: ['B'], successors: ['B', 'C'] },
    chosen: null,
  });
  expect(statesOf(await scene.readTracks(id))).toEqual({
    A: 'SUCCEED choice',
    B: 'WAITING',
    C: 'WAITING',
    D: 'WAITING',
  });
  await choose(a, 'B');
  const b = await waitForChoice(id, 'B');
  expect(statesOf(await scene.readTracks(id))).toEqual({
    A: 'SUCCEED',
    B: 'SUCCEED choice',
    C: 'SKIPPED',
    D: 'WAITING',
  });
  await choose(b, ['D']);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await listStarted(id)).toEqual(['A', 'B', 'D']);
  expect(await scene.api.get<string>(`/tracks/${b.id}/output`)).toBe('B\n');
});

test('test1: choosing C runs C; at C the choice is B, then B runs', async () => {
  const id = await scene.start({ graph: 'test1', mode: 'manual' });
  await choose(await waitForChoice(id, 'A'), ['C']);
  const c = await waitForChoice(id, 'C');
  expect(await scene.api.get(`/tracks/${c.id}`)).toMatchObject({ choice: { successors: ['B'] } });
  expect(statesOf(await scene.readTracks(id))).toMatchObject({ A: 'SUCCEED', B: 'WAITING', D: 'WAITING' });
  await choose(c, 'B');
  await choose(await waitForChoice(id, 'B'), 'D');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await listStarted(id)).toEqual(['A', 'C', 'B', 'D']);
});

/** What the two choose, and what A's successors are right after each choice has won. */
const PAIRS = [
  [['B'], ['C']],
  [['C'], ['B']],
  [['B'], ['B', 'C']],
  [['C', 'B'], ['C']],
  [['B'], ['B']],
  [
    ['B', 'C'],
    ['C', 'B'],
  ],
] as const;

const SKIPPED: Record<string, string[]> = { B: ['C'], C: [], BC: [] };

async function playChoice(round: number): Promise<void> {
  const pair = PAIRS[round % PAIRS.length] as (typeof PAIRS)[0];
  const id = await scene.start({ graph: 'shape', mode: 'manual' });
  const a = await waitForChoice(id, 'A');
  const persons = [ada, bob];
  const answers = await Promise.all(
    persons.map((person, index) => person.post(`/tracks/${a.id}/next`, { next: pair[index] })),
  );
  const [first, second] = pair.map((choice: readonly string[]) => choice.toSorted().join(''));
  const statuses = answers.map(({ status }) => status);
  if (first === second) expect(statuses).toEqual([200, 200]);
  else expect(statuses.toSorted((x, y) => x - y)).toEqual([200, 409]);
  for (const { status, body } of answers) if (status === 409) expect(body).toMatchObject({ code: 'state_conflict' });

  // One choice is recorded, and it is the winner's.
  const recorded = (await scene.readHistory(id)).filter(({ kind }) => kind === 'choose');
  expect(recorded).toHaveLength(1);
  const winner = persons.findIndex(({ name }) => name === recorded[0]?.actor);
  expect(answers[winner]?.status).toBe(200);
  const chosen = winner === 0 ? first : second;
  const shown = await scene.api.get<FlowTrack & { lastAction: object }>(`/tracks/${a.id}`);
  expect(shown.lastAction).toMatchObject({ kind: 'choose', actor: persons[winner]?.name });
  expect(shown.chosen?.toSorted().join('')).toBe(chosen);

  const goesOn = chosen === 'B' ? 'B' : 'C';
  const tracks = await waitForTracks(scene, id, (all) => all.get(goesOn)?.awaits === 'choice');
  const skipped = [...tracks.values()].filter(({ state }) => state === 'SKIPPED').map(({ vertex }) => vertex);
  expect(skipped).toEqual(SKIPPED[chosen ?? '']);
  const started = (await scene.readJournal(id)).filter(({ kind }) => kind === 'START').map(({ vertex }) => vertex);
  expect(started).toEqual(['A', goesOn]);
}

test(
  'of two persons who choose at once exactly one wins, unless they choose the same; the flow goes the winner’s way',
  () => playRounds(ROUNDS, LANES, playChoice),
  ROUNDS * ROUND_TIMEOUT_MS,
);
