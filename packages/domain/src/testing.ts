export { HOSTILE_VALUES } from './testing-hostile.ts';
export { createRandom } from './testing-random.ts';
export type { RandomSource } from './testing-random.ts';
