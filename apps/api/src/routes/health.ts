import { isMigrated } from '@baton/database';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';

export const getHealth = defineRoute({
  method: 'get',
  path: '/healthz',
  scope: null,
  summary: 'Whether this process runs',
  tag: 'service',
  request: {},
  responses: { 200: { description: 'It does.', schema: z.strictObject({ status: z.literal('ok') }) } },
}).handle(async () => ({ status: 200, body: { status: 'ok' } }));

const readinessSchema = z.strictObject({
  status: z.enum(['ready', 'unavailable']),
  database: z.enum(['ready', 'unavailable', 'not_migrated']),
  redis: z
    .enum(['ready', 'refuses_writes', 'unavailable'])
    .describe(
      'unless it is ready, starts are accepted and enqueued later; refuses_writes: full, no disk, or a replica',
    ),
});

export const getReadiness = defineRoute({
  method: 'get',
  path: '/readyz',
  scope: null,
  summary: 'Whether calls would be answered: the database is reachable and has all tables',
  tag: 'service',
  request: {},
  responses: {
    200: { description: 'They would.', schema: readinessSchema },
    503: { description: 'They would not.', schema: readinessSchema },
  },
}).handle(async ({ deps }) => {
  const redis = await deps.probeRedis();
  const database = await isMigrated(deps.database).then(
    (isDone) => (isDone ? ('ready' as const) : ('not_migrated' as const)),
    (error: unknown) => {
      deps.logger.warn({ event: 'database_unavailable', err: error });
      return 'unavailable' as const;
    },
  );
  return database === 'ready'
    ? { status: 200, body: { status: 'ready', database, redis } }
    : { status: 503, body: { status: 'unavailable', database, redis } };
});
