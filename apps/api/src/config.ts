import { readConfig } from '@baton/service';
import { z } from 'zod';

const MEBIBYTE = 1024 * 1024;
/** Different ones that a random token has at least: of 32 hexadecimal digits fewer come once in a million. */
const MIN_LETTERS = 8;
const token = z.string().regex(/^[\x21-\x7e]{32,512}$/, 'expected at least 32 visible ASCII characters');
const bytes = z.coerce
  .number()
  .int()
  .min(1024)
  .max(1024 * MEBIBYTE);

const fields = z.object({
  BATON_MYSQL_URL: z.url({ protocol: /^mysql$/, error: 'expected mysql://user:password@host:3306/baton' }),
  BATON_REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'expected redis://[:password@]host:6379/0' }),
  BATON_REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('baton'),
  BATON_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one; the ready line names it. */
  BATON_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  BATON_AUTH: z.enum(['on', 'off'], 'expected on or off').default('on'),
  /** Tokens that need no database; others are made with the first. */
  BATON_ADMIN_TOKEN: token.optional(),
  BATON_WORKER_TOKEN: token.optional(),
  /** More names that the Host header may have, comma-separated, without ports. */
  BATON_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
    .transform((names) => names.filter((name) => name !== '')),
  BATON_MAX_GRAPH_BYTES: bytes.default(32 * MEBIBYTE),
  /** YAML takes most of a second a megabyte to read: larger documents come as JSON. */
  BATON_MAX_YAML_BYTES: bytes.default(4 * MEBIBYTE),
  BATON_MAX_BODY_BYTES: bytes.default(MEBIBYTE),
  /** A claim that is not renewed for so long is lost, ms. */
  BATON_LEASE_MS: z.coerce.number().int().min(2000).max(3_600_000).default(15_000),
  /** Workers renew their claims so often, ms. */
  BATON_HEARTBEAT_MS: z.coerce.number().int().min(100).max(600_000).default(4000),
  /** Among tracks of equal priority those first of which more is ahead; the same for all processes. */
  BATON_CRITICAL_PATH: z.enum(['on', 'off'], 'expected on or off').default('on'),
  BATON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** Rules over several settings are held also where others are wrong: every problem at once. */
const always = { when: () => true };

const schema = fields
  .refine(({ BATON_AUTH, BATON_HOST }) => BATON_AUTH !== 'off' || isLoopback(BATON_HOST ?? ''), {
    path: ['BATON_AUTH'],
    error: 'expected on, unless BATON_HOST is a loopback address: off lets everybody who can connect run scripts',
    ...always,
  })
  .refine(({ BATON_LEASE_MS, BATON_HEARTBEAT_MS }) => !(BATON_LEASE_MS <= 3 * BATON_HEARTBEAT_MS), {
    path: ['BATON_LEASE_MS'],
    error: 'expected more than 3 times BATON_HEARTBEAT_MS: two lost heartbeats must not lose a claim',
    ...always,
  })
  .refine(({ BATON_ADMIN_TOKEN: admin, BATON_WORKER_TOKEN: worker }) => admin === undefined || admin !== worker, {
    path: ['BATON_WORKER_TOKEN'],
    error: 'expected another token than BATON_ADMIN_TOKEN',
    ...always,
  })
  .superRefine((settings, context) => {
    if (isLoopback(settings.BATON_HOST ?? '')) return;
    for (const name of ['BATON_ADMIN_TOKEN', 'BATON_WORKER_TOKEN'] as const) {
      if (!isGuessable(settings[name])) continue;
      const message =
        'expected a random token (`openssl rand -base64 33` makes one): everybody who can connect could guess this one';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

/** A token that everybody could guess: words of an example, or one letter over and over. */
function isGuessable(token: string | undefined): boolean {
  if (token === undefined) return false;
  return new Set(token).size < MIN_LETTERS || /change.?me|placeholder|example|replace.?me|your.?token/i.test(token);
}

export type Config = z.infer<typeof schema>;

/**
 * @param environment the process's own; tests give theirs
 * @throws ConfigError naming every wrong variable
 */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  return readConfig(schema, environment);
}

/** Nobody on another machine can connect to it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
