import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callApi, listTracks, waitUntil, type ApiCaller, type TrackAnswer } from './call-api.ts';
import { startTestStack, type TestStack, type TestStackOptions } from './start-test-stack.ts';
import { parseJournal, type JournalLine } from './verify-journal.ts';

/**
 * A whole Baton whose scripts write one journal, and persons who act on it at the same moment: each has a token of their
 * own, and they take turns in which API they speak to.
 */
export interface FlowScene {
  stack: TestStack;
  api: ApiCaller;
  makePerson(name: string): Promise<Person>;
  /** A script that writes that it started, does these lines, and writes that it ended; a failing line ends it before. */
  journaled(lines?: string): string;
  /** @throws Error where it is refused */
  put(path: string, body: object | string): Promise<void>;
  /** Makes a graph of this document (JSON, or YAML as text), as a new one or as the next version. */
  putGraph(name: string, document: object | string): Promise<void>;
  start(request: Record<string, unknown>): Promise<number>;
  readTracks(pipelineId: number): Promise<Map<string, FlowTrack>>;
  /** The whole of it, oldest first. */
  readHistory(pipelineId: number): Promise<FlowEvent[]>;
  /** What the scripts of one pipeline wrote. */
  readJournal(pipelineId: number): Promise<JournalLine[]>;
}

export interface Answer {
  status: number;
  body: { code?: string; detail?: string; [field: string]: unknown };
}

export interface Person {
  name: string;
  /** POST; a refusal is an answer like any other. */
  post(path: string, body?: object): Promise<Answer>;
}

export interface FlowTrack extends TrackAnswer {
  pipelineState: string;
  awaits: string | null;
  chosen: string[] | null;
  exitCode: number | null;
  finishedAt: string | null;
}

export interface FlowEvent {
  id: number;
  at: string;
  kind: string;
  actor: string | null;
  reason: string | null;
  changes: {
    pipeline?: { state?: string };
    tracks?: { vertex: string; state?: string }[];
  };
}

const API_TIMEOUT_MS = 20_000;

export async function openFlowScene(options: TestStackOptions = {}): Promise<FlowScene> {
  const stack = await startTestStack({ apis: 2, orchestrators: 2, workers: 2, ...options });
  const api = callApi(stack.url, stack.token);
  const journal = join(stack.directory, 'journal');
  const line = (kind: string): string =>
    `printf '%s\\n' "${kind} $BATON_VERTEX $BATON_ATTEMPT $BATON_RUN_ID $BATON_PIPELINE_ID" >> '${journal}'`;
  const urls = stack.processes.flatMap(({ url }) => (url === undefined ? [] : [url]));
  const put = async (path: string, body: object | string): Promise<void> => {
    const answer = await send(stack.url, stack.token, { method: 'PUT', path, body });
    if (answer.status >= 300) throw new Error(`PUT ${path} was refused: ${JSON.stringify(answer.body)}`);
  };
  let persons = 0;
  return {
    stack,
    api,
    async makePerson(name) {
      const { token } = await api.post<{ token: string }>('/tokens', { name, scopes: ['read', 'submit', 'operate'] });
      const url = urls[persons++ % urls.length] ?? stack.url;
      return { name, post: (path, body = {}) => send(url, token, { method: 'POST', path, body }) };
    },
    journaled: (lines = 'true') => [line('START'), lines, line('END')].join('\n'),
    put,
    putGraph: (name, document) => put(`/graphs/${encodeURIComponent(name)}`, document),
    start: async (request) => (await api.post<{ id: number }>('/pipelines', request)).id,
    async readTracks(pipelineId) {
      const tracks = (await listTracks(api, pipelineId)) as FlowTrack[];
      return new Map(tracks.map((track) => [track.vertex, track]));
    },
    readHistory: (pipelineId) => readHistory(api, pipelineId),
    async readJournal(pipelineId) {
      const text = await readFile(journal, { encoding: 'utf8', flag: 'a+' });
      const own = text.split('\n').filter((written) => written.endsWith(` ${pipelineId}`));
      return parseJournal(own.join('\n'));
    },
  };
}

async function send(
  url: string,
  token: string,
  { method, path, body }: { method: string; path: string; body: object | string },
): Promise<Answer> {
  const isText = typeof body === 'string';
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    body: isText ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, 'content-type': isText ? 'application/yaml' : 'application/json' },
    signal: AbortSignal.timeout(API_TIMEOUT_MS),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function readHistory(api: ApiCaller, pipelineId: number): Promise<FlowEvent[]> {
  const events: FlowEvent[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: FlowEvent[]; nextCursor: string | null } = await api.get(
      `/pipelines/${pipelineId}/history?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    events.push(...page.items);
    cursor = page.nextCursor;
  }
  return events;
}

/** Asks until the tracks are as wanted. @throws Error with their states when they are not in time */
export async function waitForTracks(
  scene: FlowScene,
  pipelineId: number,
  isWanted: (tracks: Map<string, FlowTrack>) => boolean,
): Promise<Map<string, FlowTrack>> {
  let last = new Map<string, FlowTrack>();
  const ask = async (): Promise<boolean> => isWanted((last = await scene.readTracks(pipelineId)));
  await waitUntil(ask, (isSo) => isSo, 20_000).catch((error: unknown) => {
    throw new Error(`pipeline ${pipelineId}, last: ${JSON.stringify(statesOf(last))}`, { cause: error });
  });
  return last;
}

/** The states of tracks by vertex; `SUCCEED choice` where one awaits a choice. */
export function statesOf(tracks: ReadonlyMap<string, FlowTrack>): Record<string, string> {
  return Object.fromEntries(
    [...tracks].map(([vertex, { state, awaits }]) => [vertex, awaits === null ? state : `${state} ${awaits}`]),
  );
}

/** Does rounds, so many at a time. The first that fails ends it. */
export async function playRounds(rounds: number, lanes: number, play: (round: number) => Promise<void>): Promise<void> {
  let next = 0;
  const playLane = async (): Promise<void> => {
    for (let round = next++; round < rounds; round = next++) await play(round);
  };
  await Promise.all(Array.from({ length: lanes }, playLane));
}
