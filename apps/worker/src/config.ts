import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LABEL } from '@baton/domain';
import { readConfig } from '@baton/service';
import { z } from 'zod';
import { ISOLATIONS } from './runner/index.ts';

const labelList = z
  .string()
  .transform((text) => text.split(',').map((label) => label.trim()))
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'expected labels of letters, digits, . _ - separated by commas'),
      )
      .min(1),
  );

const schema = z.object({
  BATON_REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'expected redis://[:password@]host:6379/0' }),
  BATON_REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('baton'),
  BATON_API_URL: z.url({ protocol: /^https?$/, error: 'expected http://host:3000' }),
  BATON_WORKER_TOKEN: z.string('expected a token with the scope worker').min(1),
  /** Scripts at once. */
  BATON_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(2 * availableParallelism()),
  /** Short tracks that are claimed before there is a slot for them, at most; 0: none. */
  BATON_LOOK_AHEAD: z.coerce.number().int().min(0).max(1000).default(64),
  /** What it serves; vertices without labels need `default`. */
  BATON_LABELS: labelList.default([DEFAULT_LABEL]),
  /** For people. */
  BATON_WORKER_NAME: z.string().min(1).max(190).default(hostname()),
  /** Its own: run directories, and completions that are not yet known to be applied. Must survive a restart. */
  BATON_WORKER_DIRECTORY: z.string().min(1).optional(),
  /** After SIGTERM running scripts may go on for so long, ms. */
  BATON_DRAIN_MS: z.coerce.number().int().min(0).max(86_400_000).default(30_000),
  /** Output kept of a script whose vertex does not say, bytes. */
  BATON_MAX_OUTPUT_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 40)
    .default(16 * 1024 * 1024),
  /** TERM to KILL, for vertices that do not say, ms. */
  BATON_GRACE_MS: z.coerce.number().int().min(0).max(3_600_000).default(5000),
  /** Take this level of isolation, or refuse to start; absent: the best that the host permits. */
  BATON_ISOLATION: z.enum(ISOLATIONS).optional(),
  /** Added to the worker's own niceness for scripts, so that they give way to Baton; 0: scripts are as the worker is. */
  BATON_NICE: z.coerce.number().int().min(0).max(19).default(10),
  /** PATH of the scripts. */
  BATON_SCRIPT_PATH: z.string().min(1).optional(),
  BATON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = z.infer<typeof schema> & { directory: string };

/**
 * @param environment the process's own; tests give theirs
 * @throws ConfigError naming every wrong variable
 */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const config = readConfig(schema, environment);
  return {
    ...config,
    directory: config.BATON_WORKER_DIRECTORY ?? join(process.cwd(), '.baton', 'workers', config.BATON_WORKER_NAME),
  };
}
