import { evaluateFlow, type FlowResult } from './reference-flow.ts';
import { tellStory, type Chapter, type Traces } from './reference-story.ts';
import type { VertexResult } from './reference-vertex.ts';
import type { PlayedChapter, PlayedStory } from './rules-story.ts';
import { shapeOf, type Scenario } from './scenario.ts';

/** What differs between what the product did and what the reference says, in words; empty where they agree. */
export interface Comparison {
  differences: string[];
  /** Vertices with a condition that depends on time: the story has to be told without it. */
  ambiguous: ReadonlySet<number>;
}

export function compareStories(scenario: Scenario, played: PlayedStory): Comparison {
  const told = tellStory(scenario, tracesOf(played));
  const differences = [
    ...played.beginning.flatMap((chapter, index) =>
      compareChapter({ scenario, when: `beginning ${index}` }, chapter, told.beginning[index]),
    ),
    ...played.chapters.flatMap((chapter, index) =>
      compareChapter({ scenario, when: `chapter ${index}` }, chapter, told.chapters[index]),
    ),
  ];
  const ambiguous = new Set(told.ambiguous);
  for (const { chapter, past, standing } of played.moments) {
    const { situation } = told.chapters[chapter] ?? {};
    if (situation === undefined) continue;
    const result = evaluateFlow({ scenario, ambiguous }, situation, past);
    differences.push(...compareStanding({ scenario, when: `a moment of chapter ${chapter}` }, standing, result));
  }
  return { differences, ambiguous };
}

export function tracesOf({ beginning, chapters }: PlayedStory): Traces {
  return { beginning: beginning.map(({ trace }) => trace), chapters: chapters.map(({ trace }) => trace) };
}

interface Where {
  scenario: Scenario;
  when: string;
}

function compareChapter(where: Where, played: PlayedChapter, told: Chapter | undefined): string[] {
  if (told === undefined) return [`${where.when}: not told`];
  const verdict = played.action === null || (played.verdict === 'done') === told.isDone;
  const wrong = verdict
    ? []
    : [
        `${where.when}: ${JSON.stringify(played.action)} was ${played.verdict}, expected ${told.isDone ? 'done' : 'not done'}`,
      ];
  return [...wrong, ...compareStanding(where, played.end, told.result)];
}

/** The product, from inside or from outside; what is not seen from there is not compared. */
export interface Stand {
  pipeline: { state: string; openTracks?: number; failures?: number };
  tracks: ReadonlyMap<number, Found>;
}

interface Found {
  state: string;
  reason: string | null;
  awaits: string | null;
  attempt: number;
  chosen: readonly number[] | null;
}

export function compareStanding(where: Where, { pipeline, tracks }: Stand, result: FlowResult): string[] {
  const { scenario, when } = where;
  const differences: string[] = [];
  const note = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected) differences.push(`${when}: ${what} is ${String(found)}, expected ${String(expected)}`);
  };
  note('the pipeline', pipeline.state === 'PAUSED' ? 'RUNNING' : pipeline.state, result.state);
  if (result.state === 'RUNNING' && pipeline.openTracks !== undefined) {
    const all = [...result.tracks.values()];
    note('openTracks', pipeline.openTracks, all.filter(({ isClosed }) => !isClosed).length);
    note('failures', pipeline.failures, all.filter(({ isFailure }) => isFailure).length);
  }
  for (const [id, expected] of result.tracks) {
    const found = tracks.get(id);
    if (found === undefined) throw new Error(`no track of vertex ${id}`);
    note(`vertex ${id}`, describeFound(found), describeExpected(expected));
    if (expected.isClosed && expected.owes === null && (expected.state === 'SUCCEED' || expected.state === 'FAILED')) {
      const all = [...(shapeOf(scenario).after.get(id) ?? [])].map(({ head }) => head);
      note(`the choice of vertex ${id}`, describeChoice(found.chosen ?? all), describeChoice(expected.chosen ?? all));
    }
  }
  return differences;
}

function describeFound({ state, reason, awaits, attempt }: Found): string {
  const isRunning = state === 'RUNNING';
  // A track that waits may know already that it will ask for parameters.
  const asks = state === 'WAITING' ? null : awaits;
  return describe({ state: isRunning ? 'PENDING' : state, reason: isRunning ? null : reason, awaits: asks, attempt });
}

function describeExpected({ state, reason, awaits, attempt }: VertexResult): string {
  return describe({ state, reason: state === 'PENDING' ? null : reason, awaits, attempt });
}

interface Described {
  state: string;
  reason: string | null;
  awaits: string | null;
  attempt: number;
}

function describe({ state, reason, awaits, attempt }: Described): string {
  return [state, nameReason(state, reason), awaits === null ? '' : `awaits ${awaits}`, `attempt ${attempt}`]
    .filter((word) => word !== '')
    .join(' ');
}

/** A PENDING track may keep why its last attempt failed; and `not chosen` is one way of not meeting the join rule. */
function nameReason(state: string, reason: string | null): string {
  if (state === 'PENDING' || reason === null) return '';
  if (reason === 'not_chosen') return 'join_not_met';
  return reason;
}

function describeChoice(chosen: readonly number[]): string {
  return `[${[...chosen].sort((a, b) => a - b).join()}]`;
}
