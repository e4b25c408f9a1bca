import { setFlagsFromString } from 'node:v8';

/*
 * V8 lets garbage grow to three times what lives before it looks for it. A worker that passed on 100 MB of output was seen to
 * hold 230 to 260 MiB; with as much garbage as there is alive, and no more, 170. What makes nothing but garbage takes about a
 * tenth more of a core for it.
 */
const GARBAGE_PERCENT = 100;

/** Keeps memory near to what is in use. There is no limit: a graph may be as large as ever. */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
}
