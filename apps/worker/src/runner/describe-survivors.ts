import type { Survivor } from './run-types.ts';

const SHOWN = 20;

/** @returns such as `KILL did not end 12 (cat, state D)` */
export function describeSurvivors(survivors: readonly Survivor[]): string {
  const shown = survivors.slice(0, SHOWN).map(({ pid, name, state }) => `${pid} (${name}, state ${state})`);
  if (survivors.length > SHOWN) shown.push(`and ${survivors.length - SHOWN} more`);
  return `KILL did not end ${shown.join(', ')}`;
}
