import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TrackDetails } from '@baton/client';
import { createRandom, type RandomSource } from '@baton/domain/testing';
import { describeTrack, explainRace, findSeen, type Fired, type Sight } from './explain-race.ts';
import { waitForTracks, type Answer, type FlowScene, type FlowTrack, type Person } from './flow-scene.ts';
import { EDGES, VERTICES } from './race-graph.ts';
import { startModel, type Model, type ModelAction } from './race-model.ts';

/** One round: what is special about its pipeline, and what is fired at it. */
interface Round {
  seed: number;
  mode: Model['mode'];
  onFailure: Model['onFailure'];
  /** The vertex whose first attempt ends when the shot falls, and how. */
  target: 'A' | 'B';
  exitCode: number;
  /** Whether the target has ended before the shot falls. */
  isAfterwards: boolean;
  actions: ModelAction[];
}

const POLICIES = ['stop', 'kill', 'continue', 'hold'] as const;
const MAX_DELAY_MS = 25;

export function planRound(seed: number): Round {
  const random = createRandom(seed);
  const mode = random.chance(0.4) ? 'manual' : 'auto';
  const target = mode === 'auto' && random.chance(0.4) ? 'B' : 'A';
  const actions = Array.from({ length: 4 + random.pick([0, 1, 2]) }, () => random.pick(makeActions(mode, target)));
  return {
    seed,
    mode,
    target,
    onFailure: random.pick(POLICIES),
    exitCode: random.chance(0.5) ? 3 : 0,
    isAfterwards: random.chance(0.3),
    actions,
  };
}

function makeActions(mode: Model['mode'], vertex: 'A' | 'B'): ModelAction[] {
  const actions: ModelAction[] = [
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'cancel' },
    { kind: 'rerun' },
    { kind: 'rerun' },
    { kind: 'retry', vertex },
    { kind: 'retry', vertex },
    { kind: 'retry_below', vertex: 'A' },
    { kind: 'retry_below', vertex: 'A' },
    { kind: 'cancel_track', vertex },
    { kind: 'skip', vertex },
    { kind: 'skip', vertex: 'C' },
    { kind: 'succeed', vertex },
    { kind: 'give_up', vertex },
    { kind: 'cancel_track', vertex: 'D' },
  ];
  if (mode === 'auto') return actions;
  const choices: ModelAction[] = [['B'], ['C'], ['B', 'C']].map((next) => ({ kind: 'choose', vertex: 'A', next }));
  return [...actions, ...choices, ...choices, { kind: 'auto' }];
}

const PATHS = { retry_below: 'retry', cancel_track: 'cancel', give_up: 'give-up', choose: 'next' } as const;

/** @returns the request that does an action; its reason finds it in the history again */
function requestFor(
  action: ModelAction,
  reason: string,
  place: { pipelineId: number; tracks: Map<string, FlowTrack> },
) {
  const pipeline = `/pipelines/${place.pipelineId}`;
  if (action.kind === 'auto') return { path: `${pipeline}/mode`, body: { mode: 'auto', reason } };
  if (action.kind === 'rerun') return { path: `${pipeline}/retry`, body: { reason } };
  if (!('vertex' in action)) return { path: `${pipeline}/${action.kind}`, body: { reason } };
  const step = action.kind in PATHS ? PATHS[action.kind as keyof typeof PATHS] : action.kind;
  const further = action.kind === 'choose' ? { next: action.next } : {};
  const body = { ...further, ...(action.kind === 'retry_below' ? { descendants: true } : {}), reason };
  return { path: `/tracks/${place.tracks.get(action.vertex)?.id}/${step}`, body };
}

/** Nothing becomes of the pipeline by itself any more: it has ended, or it awaits a person whom it can name. */
function isAtRest(tracks: ReadonlyMap<string, FlowTrack>): boolean {
  const all = [...tracks.values()];
  if (all.some(({ state }) => state === 'RUNNING')) return false;
  const pipelineState = all[0]?.pipelineState;
  if (pipelineState === 'PAUSED') return true;
  if (pipelineState !== 'RUNNING') return all.every(({ state }) => state !== 'PENDING' && state !== 'WAITING');
  return all.every(({ state }) => state !== 'PENDING') && all.some(({ awaits }) => awaits !== null);
}

async function look(scene: FlowScene, pipelineId: number): Promise<Sight> {
  const { state, mode } = await scene.api.get<{ state: string; mode: string }>(`/pipelines/${pipelineId}`);
  const tracks = await scene.readTracks(pipelineId);
  const seen = VERTICES.map(async (vertex) => {
    const track = await scene.api.get<TrackDetails>(`/tracks/${tracks.get(vertex)?.id}`);
    return [vertex, describeTrack({ ...track, attempts: track.attempts.length })];
  });
  return { state, mode, tracks: Object.fromEntries(await Promise.all(seen)) as Sight['tracks'] };
}

/** @returns null: one order explains all that was seen; else what was seen, for people */
export async function raceControl(
  scene: FlowScene,
  round: Round,
  persons: readonly Person[],
): Promise<Record<string, unknown> | null> {
  const { seed, mode, onFailure, target, exitCode } = round;
  const random = createRandom(seed + 1);
  const shot = join(scene.stack.directory, `shot ${seed}`);
  const graph = `race ${seed}`;
  const hold = `test "$BATON_ATTEMPT" -gt 1 || { while ! test -e '${shot}'; do sleep 0.02; done; exit ${exitCode}; }`;
  const scripts = VERTICES.map((name) => ({ name, script: scene.journaled(name === target ? hold : 'true') }));
  await scene.putGraph(graph, { name: graph, vertices: scripts, edges: EDGES });
  const pipelineId = await scene.start({ graph, mode, onFailure });
  if (round.isAfterwards) await writeFile(shot, '');
  const isReady = round.isAfterwards ? isAtRest : (all: Map<string, FlowTrack>) => isTargetAlone(all, target);
  const tracks = await waitForTracks(scene, pipelineId, isReady);
  const before = await look(scene, pipelineId);

  const answers = await fire(round, random, { persons, place: { pipelineId, tracks }, shot });
  await waitForTracks(scene, pipelineId, isAtRest);
  const seen = await look(scene, pipelineId);
  const fired = await readAnswers(scene, round, { pipelineId, answers });
  const exitCodes = (vertex: string, attempt: number): number => (vertex === target && attempt === 1 ? exitCode : 0);
  const from = findSeen(startModel(mode, onFailure), before, exitCodes);
  const order = explainRace(from, fired, { seen, exitCodes });
  const twice = findTwice(await scene.readJournal(pipelineId));
  if (order !== null && twice.length === 0) return null;
  return { round, before, isBeforeExplained: from.length > 0, fired, seen, twice };
}

/** The target runs, and all else that may run has ended. */
function isTargetAlone(tracks: ReadonlyMap<string, FlowTrack>, target: string): boolean {
  return [...tracks.values()].every(({ vertex, state }) =>
    vertex === target ? state === 'RUNNING' : state !== 'RUNNING' && state !== 'PENDING',
  );
}

interface Shooting {
  persons: readonly Person[];
  place: { pipelineId: number; tracks: Map<string, FlowTrack> };
  shot: string;
}

/** All at once, or nearly: each a few milliseconds later or earlier than the others. */
async function fire(round: Round, random: RandomSource, { persons, place, shot }: Shooting): Promise<Answer[]> {
  const delays = [...round.actions, null].map(() => random.pick([0, 0, 0.2, 0.4, 0.6, 1]) * MAX_DELAY_MS);
  const ends = wait(delays.at(-1)).then(() => writeFile(shot, ''));
  const answers = await Promise.all(
    round.actions.map(async (action, index) => {
      const { path, body } = requestFor(action, `action ${index}`, place);
      await wait(delays[index]);
      return (persons[index % persons.length] as Person).post(path, body);
    }),
  );
  await ends;
  return answers;
}

async function readAnswers(
  scene: FlowScene,
  { actions }: Round,
  { pipelineId, answers }: { pipelineId: number; answers: readonly Answer[] },
): Promise<Fired[]> {
  const reasons = (await scene.readHistory(pipelineId)).map(({ reason }) => reason);
  return actions.map((action, index) => {
    const { status, body } = answers[index] as Answer;
    if (status !== 200 && body.code !== 'state_conflict') throw new Error(`${status} ${JSON.stringify(body)}`);
    const place = reasons.indexOf(`action ${index}`);
    if (status === 409 && place >= 0) throw new Error('an action was refused, and is in the history');
    const answer = status === 409 ? 'refused' : place >= 0 ? 'done' : 'unchanged';
    return { action, answer, place: place >= 0 ? place : null };
  });
}

/** Attempts whose script started more than once. */
function findTwice(journal: readonly { kind: string; vertex: string; attempt: number }[]): string[] {
  const starts = journal.filter(({ kind }) => kind === 'START').map(({ vertex, attempt }) => `${vertex} ${attempt}`);
  return starts.filter((start, index) => starts.indexOf(start) !== index);
}
