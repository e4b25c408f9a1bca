import { nameTrack, type Entry, type Run, type State } from './flow-state.ts';
import type { Rules } from './flow-tables.ts';

/** Adds a step that is bound to come; `change` returns the invariant that it breaks, if any. */
export type Add = (describe: () => string, change: (next: State) => string | null | void) => void;

/** Whose steps are being found. */
export interface Place {
  state: State;
  rules: Rules;
  index: number;
  add: Add;
}

export function distinct<T>(items: readonly T[], code: (item: T) => string): readonly T[] {
  return items.length < 2 ? items : [...new Map(items.map((item) => [code(item), item])).values()];
}

export function remove<T>(items: T[], item: T, code: (item: T) => string): void {
  const wanted = code(item);
  items.splice(
    items.findIndex((other) => code(other) === wanted),
    1,
  );
}

export function nameEntry({ track, attempt }: Entry): string {
  return `${nameTrack(track)}#${attempt}`;
}

export function nameRun({ track, attempt, runId }: Run): string {
  return `${nameTrack(track)}#${attempt} run ${runId}`;
}
