import { readConfig } from '@baton/service';
import { z } from 'zod';

const schema = z.object({
  /** `mysql://user:password@host:3306/baton` */
  BATON_MYSQL_URL: z.url({ protocol: /^mysql$/, error: 'expected mysql://user:password@host:3306/baton' }),
  BATON_REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'expected redis://[:password@]host:6379/0' }),
  BATON_REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('baton'),
  /** Between two looks for what stands still, and for schedules that are due, ms. */
  BATON_RECONCILE_MS: z.coerce.number().int().min(50).max(60_000).default(1000),
  /** Completions in one transaction at most. */
  BATON_COMPLETION_BATCH: z.coerce.number().int().min(1).max(1000).default(200),
  /** Whether tracks are claimed for workers that report, in the transaction of their completions. */
  BATON_HAND_OVER: z.enum(['on', 'off']).default('on'),
  /** A worker that was not heard of for so long is forgotten, ms; a week. */
  BATON_WORKER_KEEP_MS: z.coerce.number().int().min(60_000).default(604_800_000),
  /** Among tracks of equal priority those first of which more is ahead; the same for all processes. */
  BATON_CRITICAL_PATH: z.enum(['on', 'off'], 'expected on or off').default('on'),
  BATON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = z.infer<typeof schema>;

/** @throws ConfigError naming every wrong variable */
export function loadConfig(): Config {
  return readConfig(schema, process.env);
}
