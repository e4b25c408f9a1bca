import { FINDING_CODES, FINDING_SEVERITIES } from '@baton/domain';
import type { ProcessRecord } from '@baton/database';
import { z } from 'zod';
import { examine } from '../doctor/examine.ts';
import { defineRoute } from '../http/define-route.ts';

const findingSchema = z
  .strictObject({
    code: z.enum(FINDING_CODES),
    severity: z
      .enum(FINDING_SEVERITIES)
      .describe('error: a promise does not hold, or will not; warning: one may not under a fault, or somebody waits'),
    found: z.string(),
    advice: z.string().describe('what to do'),
  })
  .meta({ id: 'Finding' });

const processSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['api', 'orchestrator', 'worker']),
    host: z.string(),
    pid: z.int(),
    softwareVersion: z.string(),
    startedAt: z.iso.datetime(),
    seenAt: z.iso.datetime(),
    clockSkewMs: z.int().describe("how far its clock is ahead of the database's"),
    settings: z.record(z.string(), z.union([z.number(), z.string()])),
    counters: z.record(z.string(), z.number()).describe('since its start; as in /metrics'),
  })
  .meta({ id: 'Process' });

const examinationSchema = z
  .strictObject({
    at: z.iso.datetime().describe("by the database's clock"),
    mysql: z.strictObject({
      version: z.string(),
      settings: z.record(z.string(), z.string()),
      session: z.strictObject({ sqlMode: z.string(), isolation: z.string(), timeZone: z.string() }),
    }),
    redis: z
      .strictObject({
        server: z.string(),
        evictionPolicy: z.string().nullable(),
        persistence: z.enum(['aof', 'snapshots', 'none']).nullable(),
        usedBytes: z.int(),
        limitBytes: z.int().describe('0: no limit'),
      })
      .nullable()
      .describe('null: away, or it does not say'),
    queues: z
      .array(z.strictObject({ name: z.string(), waiting: z.int(), parked: z.int() }))
      .nullable()
      .describe('null: Redis is away'),
    processes: z.array(processSchema).describe('those that are alive'),
    findings: z.array(findingSchema).describe('the worst first; none in a healthy installation'),
  })
  .meta({ id: 'Examination' });

export const getDoctor = defineRoute({
  method: 'get',
  path: '/api/v1/doctor',
  scope: 'admin',
  summary: 'Examine the installation: servers, settings, clocks, processes, queues, tables; nothing is changed',
  tag: 'service',
  request: {},
  responses: { 200: { description: 'What was found, with what to do.', schema: examinationSchema } },
}).handle(async ({ deps }) => {
  const { at, mysql, redis, queues, processes, findings } = await examine(deps);
  return {
    status: 200,
    body: {
      at: at.toISOString(),
      mysql: { version: mysql.version, settings: Object.fromEntries(mysql.variables), session: mysql.session },
      redis:
        redis === null
          ? null
          : {
              server: redis.server,
              evictionPolicy: redis.evictionPolicy,
              persistence: redis.persistence,
              usedBytes: redis.usedBytes,
              limitBytes: redis.limitBytes,
            },
      queues: queues?.map(({ name, waiting, parked }) => ({ name, waiting, parked })) ?? null,
      processes: processes.map(showProcess),
      findings,
    },
  };
});

function showProcess({ isAlive, ...process }: ProcessRecord): z.output<typeof processSchema> {
  void isAlive; // only those that are alive are shown
  return { ...process, startedAt: process.startedAt.toISOString(), seenAt: process.seenAt.toISOString() };
}
