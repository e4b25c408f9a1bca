import { findCut, type Trace } from './reference-cut.ts';
import { evaluateFlow, startSituation, type FlowResult, type Situation, type Story } from './reference-flow.ts';
import { applyAction, markOf } from './reference-late.ts';
import type { LateAction, Scenario, StartAction } from './scenario.ts';

/** A part of a story that ends when nothing goes on by itself: what a person did at its beginning, and where it led. */
export interface Chapter {
  action: StartAction | LateAction | null;
  /** Whether the action did anything. */
  isDone: boolean;
  situation: Situation;
  result: FlowResult;
}

export interface ToldStory {
  /** One for the start, then one each action before anything runs. */
  beginning: Chapter[];
  /** The first run of the flow, then one each later action. */
  chapters: Chapter[];
  ambiguous: ReadonlySet<number>;
}

/** One a part, as in `ToldStory`. */
export interface Traces {
  beginning: readonly Trace[];
  chapters: readonly Trace[];
}

const NO_TRACE: Trace = { cut: null, cancelled: new Set() };

/**
 * A story from its start to its end.
 * @param traces what the reference may know of how it went, in the order of its parts
 */
export function tellStory(scenario: Scenario, traces: Traces = { beginning: [], chapters: [] }): ToldStory {
  const story: Story = { scenario, ambiguous: new Set() };
  const begin = (situation: Situation, part: number): FlowResult =>
    findCut(story, situation, { ...(traces.beginning[part] ?? NO_TRACE), cut: null }) ??
    evaluateFlow(story, situation, situation.past);
  const goOn = (situation: Situation, chapter: number): FlowResult =>
    findCut(story, situation, traces.chapters[chapter] ?? NO_TRACE) ?? evaluateFlow(story, situation, null);

  const started = startSituation(scenario);
  const opening: Chapter = { action: null, isDone: true, situation: started, result: begin(started, 0) };
  const beginning = scenario.atStart.reduce<Chapter[]>(
    (chapters, action) => {
      const { situation, result } = lastOf(chapters);
      const track = result.tracks.get(action.vertexId);
      const mark = track === undefined ? null : markOf(action.kind, track.state);
      if (mark === null) return [...chapters, { action, isDone: false, situation, result }];
      const then = { ...situation, marks: new Map(situation.marks).set(action.vertexId, mark) };
      return [...chapters, { action, isDone: true, situation: then, result: begin(then, chapters.length) }];
    },
    [opening],
  );
  const { situation, result } = lastOf(beginning);
  const isOver = result.state !== 'RUNNING';
  const first: Chapter = { action: null, isDone: true, situation, result: isOver ? result : goOn(situation, 0) };
  const chapters = scenario.afterwards.reduce<Chapter[]>(
    (told, action) => {
      const last = lastOf(told);
      const then = applyAction({ story, situation: last.situation, result: last.result }, action);
      if (then === null) return [...told, { ...last, action, isDone: false }];
      return [...told, { action, isDone: true, situation: then, result: goOn(then, told.length) }];
    },
    [first],
  );
  return { beginning, chapters, ambiguous: story.ambiguous };
}

export function lastOf<T>(items: readonly T[]): T {
  const last = items.at(-1);
  if (last === undefined) throw new Error('expected at least one');
  return last;
}
