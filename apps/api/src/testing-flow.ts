import {
  applyFlowEvents,
  claimAttempts,
  createToken,
  selectRows,
  startChildren,
  type TokenScope,
} from '@baton/database';
import { completionOf, makeRunId, TEST_LEASE_MS, TEST_WORKER } from '@baton/database/testing';
import { trackIdOf, type Completion } from '@baton/domain';
import supertest from 'supertest';
import { finishAction } from './apply-action.ts';
import type { TestApi } from './testing.ts';

type Method = 'get' | 'post' | 'patch';

/** A pipeline that was started through the API, whose tracks a test runs as a worker and an orchestrator would. */
export interface ApiFlow {
  pipelineId: number;
  trackId(vertex: string): number;
  /** `POST /tracks/{id}/{step}` with the admin token. */
  decide(vertex: string, step: string, body?: object): supertest.Test;
  /** `POST /pipelines/{id}/{step}` with the admin token. */
  control(step: string, body?: object): supertest.Test;
  /** Claims the current attempts of tracks and ends their scripts, in one transaction. */
  run(vertices: readonly string[], end?: Partial<Completion>): Promise<void>;
  /** State of every track, by its vertex's name; with what it awaits: `SUCCEED choice`. */
  states(): Promise<Record<string, string>>;
  /** Names of vertices in the order in which they were enqueued. */
  enqueued(): string[];
}

interface StartedFlow {
  /** A document without a name. */
  graph: { vertices: { name: string; script?: string; [field: string]: unknown }[]; edges?: unknown[] };
  start?: object;
  token?: string;
}

let made = 0;

/** Makes a graph of its own and starts one pipeline of it. */
export async function startApiFlow(api: TestApi, { graph, start = {}, token }: StartedFlow): Promise<ApiFlow> {
  made += 1;
  const name = `flow-${made}`;
  const vertices = graph.vertices.map((vertex) => ({ script: `echo ${vertex.name}`, ...vertex }));
  await api
    .call('post', '/api/v1/graphs')
    .send({ ...graph, name, vertices })
    .expect(201);
  const { body } = await as(api, token, 'post', '/api/v1/pipelines')
    .send({ graph: name, ...start })
    .expect(202);
  return flowOf(api, body.id);
}

/** A pipeline that is there. */
export async function flowOf(api: TestApi, pipelineId: number): Promise<ApiFlow> {
  const readTracks = async (): Promise<TrackOfList[]> => {
    const { body } = await api.call('get', `/api/v1/pipelines/${pipelineId}/tracks?limit=200`).expect(200);
    return body.items;
  };
  const ids = new Map((await readTracks()).map(({ vertex, vertexId }) => [vertex, vertexId]));
  const trackId = (vertex: string): number => trackIdOf(pipelineId, ids.get(vertex) ?? 0);
  return {
    pipelineId,
    trackId,
    decide: (vertex, step, body = {}) => api.call('post', `/api/v1/tracks/${trackId(vertex)}/${step}`).send(body),
    control: (step, body = {}) => api.call('post', `/api/v1/pipelines/${pipelineId}/${step}`).send(body),
    async run(vertices, end = {}) {
      const attempts = new Map((await readTracks()).map(({ vertex, attempt }) => [vertex, attempt]));
      const claims = vertices.map((vertex) => {
        return { trackId: trackId(vertex), attempt: attempts.get(vertex) ?? 0, runId: makeRunId() };
      });
      const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: TEST_LEASE_MS, claims };
      for (const result of await claimAttempts(api.database, request)) {
        if (!result.granted) throw new Error(`the claim of ${vertices.join(', ')} was refused: ${result.why}`);
      }
      const events = claims.map((run) => ({ kind: 'completion', completion: completionOf(run, end) }) as const);
      await finishAction(api.deps, await applyFlowEvents(api.database, new Map([[pipelineId, events]])));
    },
    async states() {
      const tracks = await readTracks();
      return Object.fromEntries(
        tracks.map(({ vertex, state, awaits }) => [vertex, awaits === null ? state : `${state} ${awaits}`]),
      );
    },
    enqueued: () => api.enqueued.filter((track) => track.pipelineId === pipelineId).map(({ vertex }) => vertex),
  };
}

/** Starts the pipeline that a PENDING track runs, as an orchestrator does. @returns its id */
export async function startChildOf({ database }: TestApi, trackId: number): Promise<number> {
  await startChildren(database, [{ trackId, attempt: 1 }]);
  const sql = 'SELECT id FROM pipeline WHERE parent_track_id = ?';
  const [row] = await selectRows<{ id: number }>(database.dataSource, sql, [trackId]);
  if (row === undefined) throw new Error(`track ${trackId} has no child`);
  return row.id;
}

interface TrackOfList {
  vertex: string;
  vertexId: number;
  state: string;
  attempt: number;
  awaits: string | null;
}

/** Makes a token. @returns its text */
export async function makeToken(
  api: TestApi,
  token: { name: string; scopes?: readonly TokenScope[]; roles?: readonly string[] },
): Promise<string> {
  const { name, scopes = ['read'], roles = [] } = token;
  return (await createToken(api.database, { name, scopes, roles, createdBy: 'a test', lifetimeMs: null })).token;
}

/** A request with somebody's token; undefined: with the admin token. */
export function as(api: TestApi, token: string | undefined, method: Method, path: string): supertest.Test {
  if (token === undefined) return api.call(method, path);
  return supertest(api.app)[method](path).set('Authorization', `Bearer ${token}`);
}
