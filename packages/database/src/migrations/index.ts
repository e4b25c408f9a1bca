import { Graphs1700000000001 } from './0001-graphs.ts';
import { Pipelines1700000000002 } from './0002-pipelines.ts';
import { Installation1700000000003 } from './0003-installation.ts';

/** In order; immutable once landed. */
export const MIGRATIONS = [Graphs1700000000001, Pipelines1700000000002, Installation1700000000003];
