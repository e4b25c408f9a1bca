import { z } from 'zod';
import { listKnownWorkers } from '../alive-workers.ts';
import { defineRoute } from '../http/define-route.ts';

const workerSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    host: z.string(),
    pid: z.int(),
    softwareVersion: z.string(),
    isolationLevel: z.string().describe('how sure it is that nothing of a script stays behind'),
    labels: z.array(z.string()),
    slots: z.int().describe('scripts that it runs at once'),
    isDraining: z.boolean().describe('takes nothing more'),
    problem: z
      .string()
      .nullable()
      .describe('why it takes nothing for now although it lives, such as a full disk; null: it does'),
    isAlive: z.boolean(),
    startedAt: z.iso.datetime(),
    seenAt: z.iso.datetime().describe('last heartbeat'),
    running: z.array(
      z.strictObject({
        trackId: z.int(),
        attempt: z.int(),
        pipelineId: z.int(),
        pipeline: z.string(),
        vertex: z.string(),
        startedAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'Worker' });

export const listWorkers = defineRoute({
  method: 'get',
  path: '/api/v1/workers',
  scope: 'read',
  summary: 'List the workers that are alive, with what they run',
  tag: 'workers',
  request: {
    query: z.strictObject({ all: z.enum(['true', 'false']).default('false').describe('dead ones too') }),
  },
  responses: { 200: { description: 'By name.', schema: z.strictObject({ items: z.array(workerSchema) }) } },
}).handle(async ({ deps, query }) => {
  const workers = await listKnownWorkers(deps, { all: query.all === 'true' });
  const items = workers.map((worker) => ({
    ...worker,
    startedAt: worker.startedAt.toISOString(),
    seenAt: worker.seenAt.toISOString(),
    running: worker.running.map((track) => ({ ...track, startedAt: track.startedAt.toISOString() })),
  }));
  return { status: 200, body: { items } };
});
