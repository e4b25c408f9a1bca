import { createRandom, type RandomSource } from '@baton/domain/testing';
import { listTracks, waitUntil, type ApiCaller, type TrackAnswer } from '../testing/call-api.ts';
import { findPersonStep } from './person-step.ts';
import { toGraphDocument } from './scenario-document.ts';
import { shapeOf, takeStep, type LateAction, type Scenario, type VertexPlan } from './scenario.ts';

/** What a running Baton did with a story: scripts by its workers, decisions of persons over HTTP. */
export interface SystemStory {
  chapters: SystemChapter[];
}

export interface SystemChapter {
  action: LateAction | null;
  /** The API took it. */
  isAccepted: boolean;
  state: string;
  tracks: ReadonlyMap<number, SystemTrack>;
}

interface SystemTrack extends TrackAnswer {
  vertexId: number;
  awaits: string | null;
  chosen: string[] | null;
}

interface Play {
  scenario: Scenario;
  api: ApiCaller;
  pipelineId: number;
  random: RandomSource;
  /** How often somebody was asked, by vertex and question. */
  asked: Map<string, number>;
}

const REST_TIMEOUT_MS = 60_000;

export async function playOnSystem(scenario: Scenario, api: ApiCaller): Promise<SystemStory> {
  const name = `story ${scenario.seed}`;
  await api.post('/graphs', toGraphDocument(scenario, name));
  const { mode, onFailure } = scenario;
  const { id: pipelineId } = await api.post<{ id: number }>('/pipelines', { graph: name, mode, onFailure });
  const play: Play = { scenario, api, pipelineId, random: createRandom(scenario.seed), asked: new Map() };
  const chapters = [await rest(play, null, true)];
  for (const action of scenario.afterwards) {
    const isAccepted = await isTaken(() => actLate(play, action));
    chapters.push(await rest(play, action, isAccepted));
  }
  return { chapters };
}

/** @returns false: refused, as the track or the pipeline is in no state for it */
async function isTaken(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if ((error as { status?: number }).status === 409) return false;
    throw error;
  }
}

async function rest(play: Play, action: LateAction | null, isAccepted: boolean): Promise<SystemChapter> {
  const { api, pipelineId } = play;
  for (;;) {
    const tracks = await waitUntil(
      () => listTracks(api, pipelineId) as Promise<SystemTrack[]>,
      (all) => all.some((track) => findMove(play, track) !== null) || all.every((track) => isAtRest(play, track)),
      REST_TIMEOUT_MS,
    );
    const moves = tracks.map((track) => findMove(play, track)).filter((move) => move !== null);
    if (moves.length === 0) {
      const { state } = await api.get<{ state: string }>(`/pipelines/${pipelineId}`);
      return { action, isAccepted, state, tracks: new Map(tracks.map((track) => [track.vertexId, track])) };
    }
    // A move may come too late: the pipeline may have ended meanwhile.
    await isTaken(play.random.pick(moves));
    if (play.random.chance(0.1)) await pauseAWhile(play);
  }
}

async function pauseAWhile({ api, pipelineId }: Play): Promise<void> {
  const isPaused = await isTaken(() => api.post(`/pipelines/${pipelineId}/pause`));
  // What ran may have ended it.
  if (isPaused) await isTaken(() => api.post(`/pipelines/${pipelineId}/resume`));
}

function planOf({ scenario }: Play, vertexId: number): VertexPlan {
  const plan = shapeOf(scenario).plans.get(vertexId);
  if (plan === undefined) throw new Error(`the story has no vertex ${vertexId}`);
  return plan;
}

/** What somebody is going to do about this track now. */
function findMove(play: Play, track: SystemTrack): (() => Promise<unknown>) | null {
  if (track.awaits === 'params' && track.state !== 'PENDING') return null;
  const step = findPersonStep(planOf(play, track.vertexId), track.awaits, timesAsked(play, track));
  if (step === null) return null;
  const call = (): Promise<unknown> => play.api.post(`/tracks/${track.id}/${step.path}`, step.body);
  return step.isCounted ? counting(play, track, call) : call;
}

function timesAsked({ asked }: Play, { vertexId, awaits }: SystemTrack): number {
  return asked.get(`${vertexId} ${awaits}`) ?? 0;
}

function counting(play: Play, track: SystemTrack, call: () => Promise<unknown>): () => Promise<unknown> {
  return async () => {
    await call();
    play.asked.set(`${track.vertexId} ${track.awaits}`, timesAsked(play, track) + 1);
  };
}

/** Nothing becomes of it by itself. */
function isAtRest(play: Play, { state, awaits, vertexId }: SystemTrack): boolean {
  if (state === 'RUNNING') return false;
  if (state !== 'PENDING') return true;
  const expires = awaits === 'approval' && takeStep(planOf(play, vertexId).gateSteps, 0) === 'expire';
  return awaits !== null && !expires;
}

function actLate(play: Play, action: LateAction): Promise<unknown> {
  const { api, pipelineId } = play;
  if (action.kind === 'set_mode') return api.post(`/pipelines/${pipelineId}/mode`, { mode: action.mode });
  if (action.kind === 'rerun') {
    const { from } = action;
    const body = from === 'failed' ? { from } : { from: from.vertexIds, descendants: from.descendants };
    return api.post(`/pipelines/${pipelineId}/retry`, body);
  }
  const paths = { skip: 'skip', succeed: 'succeed', cancel_track: 'cancel', give_up: 'give-up' } as const;
  return trackIdFor(play, action.vertexId).then((id) => api.post(`/tracks/${id}/${paths[action.kind]}`));
}

async function trackIdFor({ api, pipelineId }: Play, vertexId: number): Promise<number> {
  const tracks = (await listTracks(api, pipelineId)) as SystemTrack[];
  const track = tracks.find((one) => one.vertexId === vertexId);
  if (track === undefined) throw new Error(`pipeline ${pipelineId} has no track of vertex ${vertexId}`);
  return track.id;
}
