import { buildScenario } from '../reference/build-scenario.ts';
import { journalScript } from './journal.ts';
import { TRACK_ID_STEP, type EventRow, type TrackRow } from './read-rows.ts';
import { answer, makeStory, pipelineRow, type Story } from './testing-evidence.ts';

/** The story of testing-evidence as the child of `run` of another pipeline; then `list` runs two items, and `last` ends it. */
export const OUTER_ID = 10;
export const ITEMS_ID = 11;
const TRACK_IDS = { run: OUTER_ID * TRACK_ID_STEP + 1, list: OUTER_ID * TRACK_ID_STEP + 2 };

interface Run {
  pipelineId: number;
  vertexId: number;
  vertex: string;
  runId: string;
  from: number;
  to: number;
  isScript: boolean;
}

const RUNS: readonly Run[] = [
  { pipelineId: OUTER_ID, vertexId: 1, vertex: 'run', runId: 'child-1', from: 40, to: 650, isScript: false },
  { pipelineId: OUTER_ID, vertexId: 2, vertex: 'list', runId: 'child-2', from: 660, to: 900, isScript: false },
  { pipelineId: ITEMS_ID, vertexId: 1, vertex: 'list[0]', runId: 'item-0', from: 700, to: 750, isScript: true },
  { pipelineId: ITEMS_ID, vertexId: 2, vertex: 'list[1]', runId: 'item-1', from: 710, to: 760, isScript: true },
  { pipelineId: OUTER_ID, vertexId: 3, vertex: 'last', runId: 'run-9', from: 910, to: 950, isScript: true },
];

export function makeFamily(): Story {
  const story = makeStory();
  const script = journalScript('/journal');
  const input = { items: { type: 'json', default: ['a', 'b'] }, item: { type: 'string' } };
  const vertices = [
    { name: 'run', pipeline: { graph: 'two' } },
    { name: 'list', script, input, map: { over: 'items' } },
    { name: 'last', script },
  ];
  const edges = [
    ['run', 'list'],
    ['list', 'last'],
  ] as const;
  story.answers.splice(
    1,
    1,
    answer('POST', '/graphs', { name: 'outer', vertices, edges }),
    answer('POST', '/pipelines', { graph: 'outer', name: 'p' }, { id: OUTER_ID }),
  );
  Object.assign(story.rows.pipelines[0] as object, { name: 'p/run', parentTrackId: TRACK_IDS.run });
  story.rows.pipelines.push(
    pipelineRow({ id: OUTER_ID, graph: 'outer', name: 'p' }),
    pipelineRow({ id: ITEMS_ID, graph: 'outer', name: 'p/list', parentTrackId: TRACK_IDS.list, mapVertexId: 2 }),
  );
  for (const run of RUNS) addRun(story, run);
  story.journal.sort((one, other) => one.atMs - other.atMs);
  story.rows.events.sort((one, other) => one.atMs - other.atMs);
  const outer = buildScenario({ run: {}, list: {}, last: {} }, edges);
  return Object.assign(story, { plans: new Map(story.plans).set('outer', outer) });
}

function addRun(story: Story, { pipelineId, vertexId, vertex, runId, from, to, isScript }: Run): void {
  const [plain] = story.rows.tracks as [TrackRow];
  story.rows.tracks.push({
    ...plain,
    id: pipelineId * TRACK_ID_STEP + vertexId,
    pipelineId,
    vertexId,
    vertex,
    attempt: 1,
  });
  const times = { pendingAtMs: from, startedAtMs: from, finishedAtMs: to };
  const result = 'succeed' as const;
  story.rows.attempts.push({ pipelineId, vertexId, attempt: 1, runId, workerId: 'w', result, ...times });
  const about = { worker: 'w', exitCode: 0, signal: null, detail: null, durationMs: 1, outputBytes: 0, cutBytes: 0 };
  const events: Pick<EventRow, 'kind' | 'atMs' | 'body'>[] = [
    { kind: 'claim', atMs: from, body: { tracks: [{ vertexId, attempt: 1, runId, state: 'RUNNING' }] } },
    {
      kind: 'flow',
      atMs: to,
      body: { attempts: [{ vertexId, attempt: 1, runId, result, ...about }], tracks: [{ vertexId, state: 'SUCCEED' }] },
    },
  ];
  story.rows.events.push(...events.map((event) => ({ ...event, id: event.atMs, pipelineId })));
  if (!isScript) return;
  const entry = { pipelineId, vertex, attempt: 1, runId, pid: 7 };
  story.journal.push({ ...entry, kind: 'START', atMs: from + 5 }, { ...entry, kind: 'END', atMs: to - 5 });
}
