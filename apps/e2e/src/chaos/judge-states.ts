import { compareStanding } from '../reference/compare-stories.ts';
import { findInadmissible, findUndisturbed } from '../reference/reference-admissible.ts';
import { tellStory } from '../reference/reference-story.ts';
import { PLAIN_ATTEMPT, PLAIN_VERTEX, takeStep, type Scenario, type VertexPlan } from '../reference/scenario.ts';
import { groupBy, type Evidence, type Violation } from './evidence.ts';
import type { Names } from './read-names.ts';
import type { AttemptRow, PipelineRow, TrackRow } from './read-rows.ts';

export interface StatesVerdict {
  violations: Violation[];
  /** Pipelines that were compared, and those whose plan has no single answer once some of its attempts were lost. */
  compared: number;
  unjudged: number;
}

/**
 * I4: every pipeline is where the reference says that its plan leads. Faults lose attempts, and nothing else: an attempt that
 * is recorded as lost counts as planned so, and with that the reference tells the whole story again. A child is judged by its
 * own plan, and where that led is the outcome that is planned for its parent's attempt.
 */
export function judgeStates({ rows, plans = new Map() }: Evidence, names: Names): StatesVerdict {
  const tracks = groupBy(rows.tracks, ({ pipelineId }) => pipelineId);
  const attempts = groupBy(rows.attempts, ({ pipelineId }) => pipelineId);
  const verdict: StatesVerdict = { violations: [], compared: 0, unjudged: 0 };
  for (const pipeline of rows.pipelines) {
    const graphPlan = plans.get(pipeline.graph);
    if (graphPlan === undefined) continue;
    const plan =
      pipeline.mapVertexId === null ? withChildren(graphPlan, pipeline, names) : planItems(graphPlan, pipeline, names);
    const scenario = withLostAttempts(plan, attempts.get(pipeline.id) ?? []);
    const differences = comparePipeline(scenario, pipeline, tracks.get(pipeline.id) ?? []);
    if (differences === null) verdict.unjudged += 1;
    else verdict.compared += 1;
    for (const what of differences ?? []) {
      verdict.violations.push({ invariant: 'I4', what: `pipeline ${pipeline.id} of ${pipeline.graph}: ${what}` });
    }
  }
  return verdict;
}

/** A worker that comes back, and a lease that runs out, take their time. */
const AFTERMATH_MS = 12_000;

/** I4 as well: every lost attempt ran while a fault could lose it, or just after one. */
export function judgeLosses({ rows, faults, workerNames }: Evidence): Violation[] {
  if (faults === undefined) return [];
  const isExplained = ({ startedAtMs, finishedAtMs, workerId }: AttemptRow): boolean =>
    faults.some(({ atMs, endedAtMs, mayLose }) => {
      const isVictim = mayLose === 'all' || mayLose.includes(workerNames?.get(workerId) ?? workerId);
      return isVictim && atMs <= finishedAtMs && (endedAtMs ?? Number.POSITIVE_INFINITY) + AFTERMATH_MS >= startedAtMs;
    });
  const lost = rows.attempts.filter((attempt) => attempt.result === 'lost' && !isExplained(attempt));
  return lost.map(({ pipelineId, vertexId, attempt, workerId, startedAtMs, finishedAtMs }) => ({
    invariant: 'I4',
    what:
      `attempt ${attempt} of vertex ${vertexId} of pipeline ${pipelineId} on ${workerNames?.get(workerId) ?? workerId} was lost ` +
      `between ${new Date(startedAtMs).toISOString()} and ${new Date(finishedAtMs).toISOString()}, and no fault explains that`,
  }));
}

/** @returns the plan in which the attempts of vertices that run pipelines end as these did */
function withChildren(plan: Scenario, { id }: PipelineRow, names: Names): Scenario {
  const vertices = plan.vertices.map((vertex): VertexPlan => {
    const runs = names.factsOf(id, vertex.name)?.runs ?? 'script';
    const track = names.tracks.get(`${id} ${vertex.name}`);
    if (runs === 'script' || track === undefined) return vertex;
    const ends = names.childrenOf(track).map(({ state }) => state === 'FINISH');
    const attempts = ends.map((isWell) =>
      isWell ? PLAIN_ATTEMPT : { ...PLAIN_ATTEMPT, outcome: 'child_failed' as const },
    );
    // What is planned for a map is what its items do: they are tried again, and not the map.
    return {
      ...vertex,
      attempts: attempts.length === 0 ? [PLAIN_ATTEMPT] : attempts,
      ...(runs === 'map' ? { retry: null } : {}),
    };
  });
  return { ...plan, vertices };
}

/** @returns the plan of the items of a map: each does what is planned for the map's vertex, whatever becomes of the others */
function planItems(plan: Scenario, { id: pipelineId, mapVertexId }: PipelineRow, names: Names): Scenario {
  const map = plan.vertices.find(({ id }) => id === mapVertexId);
  if (map === undefined) throw new Error(`the plan has no vertex ${mapVertexId}`);
  const count = names.factsOf(pipelineId, map.name)?.items.length ?? 0;
  const { onLost, retry, attempts } = map;
  const vertices = Array.from({ length: count }, (_, index): VertexPlan => {
    return { ...PLAIN_VERTEX, id: index + 1, name: `${map.name}[${index}]`, onLost, retry, attempts };
  });
  return { ...plan, vertices, edges: [], mode: 'auto', onFailure: 'continue' };
}

/** @returns the plan in which exactly those attempts are lost that were */
function withLostAttempts(plan: Scenario, attempts: readonly AttemptRow[]): Scenario {
  const lost = groupBy(
    attempts.filter(({ result }) => result === 'lost'),
    ({ vertexId }) => vertexId,
  );
  const vertices = plan.vertices.map((vertex): VertexPlan => {
    const numbers = new Set(lost.get(vertex.id)?.map(({ attempt }) => attempt));
    if (numbers.size === 0) return vertex;
    // One more than was lost: the last entry stands for all further attempts.
    const count = Math.max(...numbers, vertex.attempts.length) + 1;
    const planned = Array.from({ length: count }, (_, index) => takeStep(vertex.attempts, index));
    return {
      ...vertex,
      attempts: planned.map((attempt, index) =>
        numbers.has(index + 1) ? { ...attempt, outcome: 'lost', next: null, outputs: {} } : attempt,
      ),
    };
  });
  return { ...plan, vertices };
}

/** @returns null where the plan leaves open what has to be */
function comparePipeline(
  scenario: Scenario,
  { state, openTracks, failures }: PipelineRow,
  tracks: readonly TrackRow[],
): string[] | null {
  const found = new Map(tracks.map((track) => [track.vertexId, track]));
  const missing = scenario.vertices.filter(({ id }) => !found.has(id));
  if (missing.length > 0) return [`no tracks of ${missing.map(({ name }) => name).join()}`];
  if (tracks.length > scenario.vertices.length) {
    return [`${tracks.length} tracks, expected ${scenario.vertices.length}`];
  }
  if (tellStory(scenario).ambiguous.size > 0) return null;
  const undisturbed = findUndisturbed(scenario);
  if (undisturbed !== null) {
    const ended = state === 'FAILED' ? [] : [`it is ${state}, expected FAILED`];
    return [...ended, ...findInadmissible(scenario, undisturbed, found)];
  }
  const [chapter] = tellStory(scenario).chapters;
  if (chapter === undefined) throw new Error('a story has a first chapter');
  const stand = { pipeline: { state, openTracks, failures }, tracks: found };
  return compareStanding({ scenario, when: 'at rest' }, stand, chapter.result);
}
