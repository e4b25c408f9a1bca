export { HOSTILE_VALUES } from './testing-hostile.ts';
