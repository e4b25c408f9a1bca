import {
  close,
  evaluateVertex,
  goOn,
  NO_PAST,
  type Mark,
  type Past,
  type VertexResult,
  type World,
} from './reference-vertex.ts';
import { shapeOf, type Scenario } from './scenario.ts';

/**
 * Where a flow comes to rest, computed from the graph alone: one walk from the tails to the heads finds the fixpoint,
 * because what becomes of a vertex depends on those before it only. No events, no counters, nothing incremental.
 * Where a person steps in (a rerun, a skip of an ended track), the walk is done again with what stays as given.
 */
export interface Situation {
  mode: 'auto' | 'manual';
  /** Tracks that stay as they are. */
  kept: ReadonlyMap<number, VertexResult>;
  /** What happened to the others before. */
  past: PastOf;
  marks: ReadonlyMap<number, Mark>;
}

export type PastOf = ReadonlyMap<number, Past>;

export interface FlowResult {
  state: 'RUNNING' | 'FINISH' | 'FAILED' | 'CANCELLED';
  tracks: ReadonlyMap<number, VertexResult>;
}

/** Vertices whose condition has no answer that is independent of time; the product may do either. */
type Ambiguous = Set<number>;

export interface Story {
  scenario: Scenario;
  ambiguous: Ambiguous;
}

export function startSituation({ mode, vertices }: Scenario): Situation {
  return { mode, kept: new Map(), past: new Map(vertices.map(({ id }) => [id, NO_PAST])), marks: new Map() };
}

/** @param until tells the story only so far; null: until nothing goes on by itself */
export function evaluateFlow(story: Story, situation: Situation, until: PastOf | null): FlowResult {
  const results = new Map(situation.kept);
  const world = worldOf(story, situation, results, until);
  for (const plan of world.shape.order) {
    const kept = situation.kept.get(plan.id);
    if (kept === undefined) {
      results.set(plan.id, evaluateVertex(world, plan, situation.past.get(plan.id) ?? NO_PAST));
    } else if (kept.owes === 'now' || (kept.owes !== null && isWaitedFor(world, plan.id))) {
      results.set(plan.id, kept.isFailure ? close(world, plan, kept) : goOn(world, plan, kept));
    }
  }
  return judgePipeline(results);
}

/** Something behind it runs again: it has to say now where it leads. */
function isWaitedFor({ shape, kept }: World, vertexId: number): boolean {
  return (shape.after.get(vertexId) ?? []).some(({ head }) => !kept.has(head));
}

function worldOf(
  { scenario, ambiguous }: Story,
  { mode, kept, marks }: Situation,
  results: Map<number, VertexResult>,
  until: PastOf | null = null,
): World {
  return { shape: shapeOf(scenario), mode, onFailure: scenario.onFailure, results, kept, marks, until, ambiguous };
}

/** FINISH: every track succeeded, was skipped, or failed and may. What comes after a failure never hides it. */
function judgePipeline(tracks: ReadonlyMap<number, VertexResult>): FlowResult {
  const all = [...tracks.values()];
  if (all.some(({ isClosed }) => !isClosed)) return { state: 'RUNNING', tracks };
  const isGood = ({ state, isFailure }: VertexResult): boolean => !isFailure && state !== 'CANCELLED';
  return { state: all.every(isGood) ? 'FINISH' : 'FAILED', tracks };
}
