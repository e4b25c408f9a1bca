import type { Finding } from '@baton/domain';
import type { Redis } from 'ioredis';

/** What a Redis says of itself. Null: it does not say (managed servers, and rights that are kept small). */
export interface RedisSettings {
  /** Such as `Redis 7.0.15`. */
  server: string;
  flavor: 'redis' | 'valkey';
  version: string;
  evictionPolicy: string | null;
  usedBytes: number;
  /** 0: no limit. */
  limitBytes: number;
  /** Its own disk: whether what it holds survives its restart. */
  persistence: 'aof' | 'snapshots' | 'none' | null;
  /** Why it refuses writes for the sake of its disk, or null. */
  persistenceFault: string | null;
  role: string;
}

const OLDEST = { redis: 7, valkey: 8 } as const;
const NAMES = { redis: 'Redis', valkey: 'Valkey' } as const;
/** So full that the next burst may be refused. */
const FULL_SHARE = 0.9;

/** @returns null where this user may not ask. @throws the connection's error while Redis is away */
export async function readRedisSettings(redis: Redis): Promise<RedisSettings | null> {
  let info: string;
  try {
    info = await redis.info();
  } catch (error) {
    if ((error as Error).message.startsWith('NOPERM')) return null;
    throw error;
  }
  const field = (name: string): string | null => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null;
  const flavor = field('valkey_version') === null ? 'redis' : 'valkey';
  const version = field(`${flavor}_version`) ?? '0';
  return {
    server: `${NAMES[flavor]} ${version}`,
    flavor,
    version,
    evictionPolicy: field('maxmemory_policy'),
    usedBytes: Number(field('used_memory') ?? 0),
    limitBytes: Number(field('maxmemory') ?? 0),
    persistence: await findPersistence(redis, field('aof_enabled')),
    persistenceFault: findPersistenceFault(field),
    role: field('role') ?? 'master',
  };
}

async function findPersistence(redis: Redis, isAofOn: string | null): Promise<RedisSettings['persistence']> {
  if (isAofOn === '1') return 'aof';
  try {
    const [, save] = (await redis.config('GET', 'save')) as string[];
    return save === undefined || save === '' ? 'none' : 'snapshots';
  } catch (error) {
    // Managed servers forbid CONFIG, and know no such command.
    if (/^(NOPERM|ERR)/.test((error as Error).message)) return null;
    throw error;
  }
}

function findPersistenceFault(field: (name: string) => string | null): string | null {
  for (const name of ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status']) {
    if (field(name) === 'err') return name;
  }
  return null;
}

/** @returns what is unsafe (`error`) or doubtful (`warning`) about a Redis; none where it is as it should be */
export function judgeRedis(settings: RedisSettings): Finding[] {
  const { flavor, server, version, evictionPolicy, limitBytes, usedBytes, persistenceFault, role } = settings;
  const findings: Finding[] = [];
  if (Number.parseInt(version, 10) < OLDEST[flavor]) {
    findings.push({
      code: 'redis_too_old',
      severity: 'error',
      found: `the server is ${server}, older than Baton is tested with`,
      advice: 'use Redis 7 or newer, or Valkey 8 or newer',
    });
  }
  if (evictionPolicy !== null && evictionPolicy !== 'noeviction') {
    findings.push({
      code: 'redis_evicts',
      severity: 'error',
      found: `Redis has maxmemory-policy ${evictionPolicy}: it would drop queue entries when memory runs out`,
      advice: 'set maxmemory-policy noeviction, in its configuration file too',
    });
  }
  if (role !== 'master') {
    findings.push({
      code: 'redis_replica',
      severity: 'warning',
      found: `this Redis is a ${role}: it takes no writes`,
      advice: 'point BATON_REDIS_URL at the primary',
    });
  }
  if (persistenceFault !== null) {
    findings.push({
      code: 'redis_disk',
      severity: 'warning',
      found: `Redis cannot write to its disk (${persistenceFault} is err): it refuses writes as long as stop-writes-on-bgsave-error is on`,
      advice: 'make room on its disk, or mend its rights there',
    });
  }
  if (limitBytes > 0 && usedBytes >= FULL_SHARE * limitBytes) {
    findings.push({
      code: 'redis_full',
      severity: 'warning',
      found: `Redis uses ${usedBytes} of ${limitBytes} bytes: when it is full nothing more is enqueued`,
      advice: 'raise maxmemory, or see what else fills it',
    });
  }
  return findings;
}

/** A Redis that everybody on the network may write to: they could not run commands with that, but delay everything. */
export function judgeRedisUrl(url: string): Finding[] {
  const { hostname, password } = new URL(url);
  if (password !== '' || /^(localhost|127\..*|\[::1\])$/.test(hostname)) return [];
  return [
    {
      code: 'redis_no_password',
      severity: 'warning',
      found: `BATON_REDIS_URL names ${hostname} without a password: whoever reaches that Redis can delay everything`,
      advice: 'set requirepass or an ACL user there, and redis://user:password@... here',
    },
  ];
}

/** @returns all that is wrong with a Redis; none where it does not say */
export async function findRedisFaults(redis: Redis): Promise<Finding[]> {
  const settings = await readRedisSettings(redis);
  return settings === null ? [] : judgeRedis(settings);
}
