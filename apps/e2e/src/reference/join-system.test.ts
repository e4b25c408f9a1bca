import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callApi, listTracks, waitUntil, type ApiCaller } from '../testing/call-api.ts';
import { startTestStack, type TestStack } from '../testing/start-test-stack.ts';
import { buildJoinGraph } from './join-graph.ts';
import { listPredecessorStates, type JoinAnswer } from './reference-join.ts';

/** The join table through the real system: every row of one, two and three predecessors, for each of the twelve rules. */
const rows = [1, 2, 3].flatMap(listPredecessorStates);
const STATES: Record<JoinAnswer, string> = { run: 'SUCCEED', skip: 'SKIPPED', cancel: 'CANCELLED', wait: 'WAITING' };

let stack: TestStack;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack({ orchestrators: 2, workers: 2 });
  api = callApi(stack.url, stack.token);
}, 120_000);

afterAll(() => stack.stop());

test('every join ends as its row says', async () => {
  const { document, joins } = buildJoinGraph(rows);
  await api.post('/graphs', document);
  const { id } = await api.post<{ id: number }>('/pipelines', { graph: 'joins', onFailure: 'continue' });
  const expected = Object.fromEntries(joins.map(({ name, answer }) => [name, STATES[answer]]));
  const ask = async (): Promise<Record<string, string>> => {
    const tracks = await listTracks(api, id);
    return Object.fromEntries(
      tracks.filter(({ vertex }) => vertex in expected).map(({ vertex, state }) => [vertex, state]),
    );
  };
  const isAtRest = (found: Record<string, string>): boolean =>
    !Object.values(found).some((state) => state === 'PENDING' || state === 'RUNNING') &&
    Object.keys(found).every((name) => found[name] !== 'WAITING' || expected[name] === 'WAITING');
  const found = await waitUntil(ask, isAtRest, 90_000).catch(ask);
  const wrong = joins.filter(({ name }) => found[name] !== expected[name]);
  expect(wrong.map((join) => ({ ...join, found: found[join.name] }))).toEqual([]);
  expect(joins.length).toBe(83 * 12);
  expect(await api.get(`/pipelines/${id}`)).toMatchObject({ state: 'RUNNING' });
  await api.post(`/pipelines/${id}/cancel`);
}, 120_000);
