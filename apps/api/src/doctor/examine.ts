import {
  findBreaches,
  findProcesses,
  findTrackQueues,
  judgeServer,
  readClock,
  readServerSettings,
  type ProcessRecord,
  type ServerSettings,
} from '@baton/database';
import { FINDING_SEVERITIES, type Finding } from '@baton/domain';
import { judgeRedis, readQueueFacts, type QueueFacts, type RedisSettings } from '@baton/queue';
import { listKnownWorkers } from '../alive-workers.ts';
import type { AppDeps } from '../app-deps.ts';
import { queuesOf } from '../read-queues.ts';
import { judgeProcesses } from './judge-processes.ts';
import { judgeLabels, judgeQueues } from './judge-queues.ts';

const DAY_MS = 86_400_000;

/** All that can be said of an installation from one of its APIs. */
export interface Examination {
  /** By the database's clock. */
  at: Date;
  mysql: ServerSettings;
  /** Null: Redis is away, or does not say. */
  redis: RedisSettings | null;
  queues: QueueFacts[] | null;
  processes: ProcessRecord[];
  /** The worst first. */
  findings: Finding[];
}

/** Looks at everything and changes nothing. @throws the database's error while MySQL is away */
export async function examine(deps: AppDeps): Promise<Examination> {
  const { database } = deps;
  const at = await readClock(database.dataSource);
  const mysql = await readServerSettings(database);
  const processes = await findProcesses(database, DAY_MS);
  const workers = await listKnownWorkers(deps, { all: false });
  const breaches = await findBreaches(database);
  const labelSets = await findTrackQueues(database);
  const { redis, queues, findings: ofRedis } = await examineRedis(deps, labelSets);
  const findings = [
    ...judgeServer(mysql),
    ...ofRedis,
    ...judgeProcesses(processes, workers),
    ...judgeLabels(labelSets, workers, queues),
    ...breaches,
  ];
  const rankOf = ({ severity }: Finding): number => FINDING_SEVERITIES.indexOf(severity);
  findings.sort((a, b) => rankOf(a) - rankOf(b));
  return { at, mysql, redis, queues, processes: processes.filter(({ isAlive }) => isAlive), findings };
}

const REFUSES_WRITES: Finding = {
  code: 'redis_refuses_writes',
  severity: 'error',
  found: 'Redis takes no entries: it is full, cannot write to its disk, or is a replica; starts are accepted, and wait',
  advice: 'see the other findings about Redis; what waits is enqueued within seconds of its taking writes again',
};

async function examineRedis(
  deps: AppDeps,
  labelSets: string[],
): Promise<Pick<Examination, 'redis' | 'queues' | 'findings'>> {
  const away: Finding = {
    code: 'redis_away',
    severity: 'error',
    found: 'this API does not reach Redis: starts are accepted, and nothing is enqueued by it',
    advice: 'see that Redis runs and that BATON_REDIS_URL is right; the reconcile loop enqueues what was missed',
  };
  if (!deps.isRedisReady()) return { redis: null, queues: null, findings: [away] };
  try {
    const redis = await deps.readRedis();
    const looked = queuesOf(deps, labelSets);
    const queues = await Promise.all(looked.map(readQueueFacts));
    const ofQueues = await judgeQueues(queues, looked);
    const ofRedis = redis === null ? [] : [...judgeRedis(redis), ...judgePersistence(redis)];
    if ((await deps.probeRedis()) === 'refuses_writes') ofRedis.push(REFUSES_WRITES);
    return { redis, queues, findings: [...ofRedis, ...ofQueues] };
  } catch (error) {
    if (deps.isRedisReady()) throw error;
    return { redis: null, queues: null, findings: [away] };
  }
}

function judgePersistence({ persistence }: RedisSettings): Finding[] {
  if (persistence !== 'none') return [];
  return [
    {
      code: 'redis_not_persistent',
      severity: 'note',
      found: 'Redis keeps nothing on its disk: after its restart all that waits is enqueued anew, which takes seconds',
      advice: 'set appendonly yes, if those seconds matter; nothing is lost without it',
    },
  ];
}
