import type { FlowResult, Situation, Story } from './reference-flow.ts';
import type { Mark, Past, VertexResult } from './reference-vertex.ts';
import { findDescendants, shapeOf, type LateAction, type Shape } from './scenario.ts';

/** What persons do while nothing runs: the situation from which the flow then goes on. */
export interface Rest {
  story: Story;
  situation: Situation;
  result: FlowResult;
}

/** @returns the situation after the action; null: nothing was done (refused, or it was so already) */
export function applyAction(rest: Rest, action: LateAction): Situation | null {
  const shape = shapeOf(rest.story.scenario);
  if (action.kind === 'rerun') return rerun(rest, shape, action.from);
  if (action.kind === 'set_mode') return setMode(rest, action.mode);
  const track = rest.result.tracks.get(action.vertexId);
  if (track === undefined) throw new Error(`no vertex ${action.vertexId}`);
  if (track.state === 'WAITING' || track.state === 'PENDING') {
    const mark = markOf(action.kind, track.state);
    return mark === null
      ? null
      : again(rest, { reset: new Set([action.vertexId]), marks: new Map([[action.vertexId, mark]]) });
  }
  if (track.state !== 'FAILED' && track.state !== 'CANCELLED') return null;
  switch (action.kind) {
    case 'cancel_track':
      return null;
    case 'give_up':
      return track.awaits === 'decision' ? again(rest, { replaced: [owe(action.vertexId, track)] }) : null;
    case 'skip':
      return replace(rest, shape, [action.vertexId, { ...track, state: 'SKIPPED', reason: 'skipped' }]);
    case 'succeed':
      return replace(rest, shape, [action.vertexId, { ...track, state: 'SUCCEED', reason: 'forced' }]);
  }
}

/** What an action does to a track that could still start; null: nothing. */
export function markOf(kind: LateAction['kind'], state: VertexResult['state']): Mark | null {
  if (state !== 'WAITING' && state !== 'PENDING') return null;
  if (kind === 'skip') return 'skipped';
  if (kind === 'cancel_track') return 'cancelled';
  return kind === 'succeed' && state === 'PENDING' ? 'forced' : null;
}

/**
 * A track that ended badly gets another end. If it was not only held, what had been cancelled because of it runs after all,
 * but not what persons cancelled themselves.
 */
function replace(rest: Rest, shape: Shape, [id, bad]: [number, VertexResult]): Situation {
  const track: VertexResult = { ...bad, chosen: null, isFailure: false };
  if (track.awaits !== null) return again(rest, { replaced: [owe(id, track)] });
  const below = rest.result.state === 'RUNNING' ? findDescendants(shape, [id]) : shape.plans.keys();
  const isCancelled = (other: number): boolean => {
    const found = rest.result.tracks.get(other);
    return other !== id && found?.state === 'CANCELLED' && found.reason !== 'cancelled';
  };
  const owes = track.state === 'SUCCEED' ? 'when waited for' : null;
  return runAgain(rest, new Set([...below].filter(isCancelled)), [[id, { ...track, owes }]]);
}

/** Ended now, as far as those behind it know. */
function owe(id: number, track: VertexResult): [number, VertexResult] {
  return [id, { ...track, awaits: null, isClosed: true, owes: track.state === 'SKIPPED' ? null : 'now' }];
}

function setMode(rest: Rest, mode: 'auto' | 'manual'): Situation | null {
  if (rest.situation.mode === mode || rest.result.state !== 'RUNNING') return null;
  const awaiting = [...rest.result.tracks].filter(([, { awaits }]) => awaits === 'choice');
  const replaced = mode === 'auto' ? awaiting.map(([id, track]) => owe(id, track)) : [];
  return { ...again(rest, { replaced }), mode };
}

function rerun(rest: Rest, shape: Shape, from: Extract<LateAction, { kind: 'rerun' }>['from']): Situation | null {
  const tracks = [...rest.result.tracks];
  const scope = new Set<number>();
  if (from === 'failed') {
    const failed = tracks.filter(([, { isFailure }]) => isFailure).map(([id]) => id);
    const cancelled = tracks.filter(([, { state }]) => state === 'CANCELLED').map(([id]) => id);
    for (const id of [...failed, ...cancelled, ...findDescendants(shape, failed)]) scope.add(id);
  } else {
    const below = from.descendants ? findDescendants(shape, from.vertexIds) : [];
    for (const id of [...from.vertexIds, ...below]) scope.add(id);
  }
  // What still waits will run anyway.
  const ended = [...scope].filter((id) => rest.result.tracks.get(id)?.state !== 'WAITING');
  const isLive = ended.some((id) => rest.result.tracks.get(id)?.state === 'PENDING');
  return ended.length === 0 || isLive ? null : runAgain(rest, new Set(ended));
}

/**
 * These run again. Whoever stays and has not said which ways it went, and has one of them behind it, says so now: in manual
 * mode a person does, also for those that went on by themselves before the mode was manual (docs/states.md, A rerun).
 */
function runAgain(
  rest: Rest,
  reset: ReadonlySet<number>,
  replaced: readonly (readonly [number, VertexResult])[] = [],
): Situation {
  const { after } = shapeOf(rest.story.scenario);
  const silent = [...rest.result.tracks].filter(([id, { state, awaits, chosen }]) => {
    const isEnd = state === 'SUCCEED' || state === 'FAILED';
    const leadsOn = (after.get(id) ?? []).some(({ head }) => reset.has(head));
    return isEnd && awaits === null && chosen === null && leadsOn;
  });
  const asked = silent.map(([id, track]) => [id, { ...track, owes: 'when waited for' }] as const);
  return again(rest, { reset, replaced: [...asked, ...replaced] });
}

/** Everything stays but what is reset, what still waits, and what is replaced. */
function again(
  rest: Rest,
  changed: {
    reset?: ReadonlySet<number>;
    marks?: ReadonlyMap<number, Mark>;
    replaced?: readonly (readonly [number, VertexResult])[];
  },
): Situation {
  const replaced = new Map(changed.replaced);
  const past = new Map<number, Past>([...rest.result.tracks].map(([id, track]) => [id, track.past]));
  const stays = [...rest.result.tracks].filter(
    ([id, { state }]) => state !== 'WAITING' && changed.reset?.has(id) !== true,
  );
  const kept = new Map(stays.map(([id, track]) => [id, replaced.get(id) ?? track]));
  return { mode: rest.situation.mode, kept, past, marks: changed.marks ?? new Map() };
}
