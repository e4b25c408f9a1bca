import { deletePool, fillLimits, findPool, findPools, poolKey, setPool } from '@baton/database';
import { z } from 'zod';
import { enqueueOrLog } from '../enqueue-or-log.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';

/** As many tracks as one installation may ever run at once, and more. */
const MAX_LIMIT = 1_000_000;

const poolNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'expected a name of letters, digits, ".", "_" and "-", at most 63 characters, beginning with a letter or digit',
  );

const poolSchema = z
  .strictObject({
    name: z.string(),
    limit: z.int().describe('so many tracks at once; 0: none starts'),
    running: z.int().describe('tracks that run in it; more than the limit after it was lowered'),
    waiting: z.int().describe('tracks that asked for a place in it and wait for one'),
  })
  .meta({ id: 'Pool' });

export const listPools = defineRoute({
  method: 'get',
  path: '/api/v1/pools',
  scope: 'read',
  summary: 'List the pools, with what runs and waits',
  tag: 'pools',
  request: {},
  responses: { 200: { description: 'By name.', schema: z.strictObject({ items: z.array(poolSchema) }) } },
}).handle(async ({ deps }) => ({ status: 200, body: { items: await findPools(deps.database) } }));

export const putPool = defineRoute({
  method: 'put',
  path: '/api/v1/pools/{name}',
  scope: 'operate',
  summary: 'Make a pool, or change its limit; what runs goes on',
  tag: 'pools',
  request: {
    params: z.strictObject({ name: poolNameSchema }),
    body: jsonBody(z.strictObject({ limit: z.int().min(0).max(MAX_LIMIT).describe('so many tracks at once') })),
  },
  responses: {
    200: { description: 'It has this limit from the next claim on.', schema: poolSchema },
    201: { description: 'It was made.', schema: poolSchema },
  },
}).handle(async ({ deps, params: { name }, body: { limit } }) => {
  const { isNew } = await setPool(deps.database, name, limit);
  // Also of a new one: tracks may have waited for somebody to make it.
  await fillLimits(deps.database, [poolKey(name)]).then(
    (woken) => enqueueOrLog(deps, woken),
    (error: unknown) => {
      deps.logger.warn({ event: 'limit_waiters_not_woken', pool: name, err: error }, 'the reconcile loop wakes them');
    },
  );
  const body = await findPool(deps.database, name);
  return isNew ? { status: 201, body } : { status: 200, body };
});

export const removePool = defineRoute({
  method: 'delete',
  path: '/api/v1/pools/{name}',
  scope: 'operate',
  summary: 'Remove a pool that no graph and no running track needs',
  tag: 'pools',
  request: { params: z.strictObject({ name: poolNameSchema }) },
  responses: { 204: { description: 'It is gone.' } },
  errors: ['pool_not_found', 'pool_in_use'],
}).handle(async ({ deps, params: { name } }) => {
  await deletePool(deps.database, name);
  return { status: 204, isEmpty: true };
});
