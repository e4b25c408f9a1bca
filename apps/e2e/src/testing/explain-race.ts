import { VERTICES } from './race-graph.ts';
import { actOn, stepsOf, type Model, type ModelAction, type ModelAnswer } from './race-model.ts';

/** What was seen of a pipeline at one moment; what the model says can be seen of it. */
export interface Sight {
  state: string;
  mode: string;
  /** By vertex: state, attempts so far, what it awaits, what was chosen. */
  tracks: Record<string, string>;
}

export interface Fired {
  action: ModelAction;
  answer: ModelAnswer;
  /** Its place among the actions that changed something, as the history says; null: it changed nothing. */
  place: number | null;
}

export function describeTrack(track: {
  state: string;
  attempts: number;
  awaits: string | null;
  chosen: readonly string[] | null;
}): string {
  const words = [`${track.state} after ${track.attempts}`];
  if (track.awaits !== null) words.push(`awaits ${track.awaits}`);
  if (track.chosen !== null) words.push(`chose ${track.chosen.toSorted().join() || 'none'}`);
  return words.join(', ');
}

function lookAt(model: Model): Sight {
  const tracks = VERTICES.map((vertex) => {
    const track = model.tracks[vertex];
    return [vertex, describeTrack({ ...track, attempts: track.started })];
  });
  return { state: model.state, mode: model.mode, tracks: Object.fromEntries(tracks) as Sight['tracks'] };
}

function isSeen(model: Model, sight: Sight): boolean {
  return JSON.stringify(lookAt(model)) === JSON.stringify(sight);
}

export type ExitCodes = (vertex: string, attempt: number) => number;

/** The models that look like this and that the flow may have come to by itself. */
export function findSeen(start: Model, sight: Sight, exitCodes: ExitCodes): Model[] {
  const known = new Map([[JSON.stringify(start), start]]);
  for (const model of known.values()) {
    for (const next of stepsOf(model, exitCodes)) known.set(JSON.stringify(next), next);
  }
  return [...known.values()].filter((model) => isSeen(model, sight));
}

/**
 * Looks for one order of the fired actions, and of what the flow did by itself among them, that gives each action its answer
 * and leads to what was seen in the end. Actions that changed something come in the order of the history.
 * @returns the order in words; null where there is none
 */
export function explainRace(
  from: readonly Model[],
  fired: readonly Fired[],
  { seen, exitCodes }: { seen: Sight; exitCodes: ExitCodes },
): string[] | null {
  const doers = fired.filter(({ place }) => place !== null).toSorted((a, b) => Number(a.place) - Number(b.place));
  const others = fired.filter(({ place }) => place === null);
  const deadEnds = new Set<string>();

  const search = (model: Model, done: number, open: readonly Fired[]): string[] | null => {
    // What changes nothing may come as early as its answer fits: it takes no way from what comes later.
    const isAnswered = ({ action, answer }: Fired): boolean => actOn(model, action).answer === answer;
    const [told, left] = [open.filter(isAnswered), open.filter((one) => !isAnswered(one))];
    const words = told.map(({ action, answer }) => `${JSON.stringify(action)}: ${answer}`);
    if (done === doers.length && left.length === 0 && isSeen(model, seen)) return words;
    const key = JSON.stringify([model, done, left.map((one) => others.indexOf(one))]);
    if (deadEnds.has(key)) return null;
    deadEnds.add(key);
    const found = searchOn(model, done, left);
    return found === null ? null : [...words, ...found];
  };

  const searchOn = (model: Model, done: number, open: readonly Fired[]): string[] | null => {
    const doer = doers[done];
    if (doer !== undefined) {
      const { answer, after } = actOn(model, doer.action);
      const rest = answer === doer.answer ? search(after, done + 1, open) : null;
      if (rest !== null) return [`${JSON.stringify(doer.action)}: done`, ...rest];
    }
    for (const next of stepsOf(model, exitCodes)) {
      const rest = search(next, done, open);
      if (rest !== null) return [`flow: ${JSON.stringify(lookAt(next).tracks)}`, ...rest];
    }
    return null;
  };

  for (const model of from) {
    const order = search(model, 0, others);
    if (order !== null) return order;
  }
  return null;
}
