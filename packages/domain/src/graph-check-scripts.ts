import type { Problem } from './errors.ts';
import type { CheckContext } from './graph-check-structure.ts';

/** Problems of the scripts: placeholders in unsafe places, references to outputs that do not come before. */
export function checkScripts(_context: CheckContext): Problem[] {
  return [];
}
