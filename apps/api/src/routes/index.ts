import type { Mount, Route } from '../http/route-types.ts';
import { getHealth, getReadiness } from './health.ts';

/** Every call of the API. What is not in this table does not exist; /openapi.json is made from it. */
export const ROUTES: readonly Route[] = [getHealth, getReadiness];

/** What brings its own router. */
export const MOUNTS: readonly Mount[] = [];
