import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@baton/database/testing';
import {
  startServers,
  startStack,
  type Servers,
  type Stack,
  type StackOptions,
  type StartServersOptions,
} from '@baton/devstack';
import { testServers } from '@baton/devstack/testing';
import { uniquePrefix } from '@baton/queue/testing';

/** A whole Baton for one test, of the built programs, with short times. */
export interface TestStack extends Stack {
  database: TestDatabase;
  redisPrefix: string;
  /** Temporary, removed at the end: for journals and the like. */
  directory: string;
}

export interface TestStackOptions extends Pick<
  StackOptions,
  'apis' | 'orchestrators' | 'workers' | 'workerLabels' | 'environment' | 'restart' | 'appsDirectory'
> {
  /**
   * Servers of its own, which it may flush and kill, if wanted with further settings; otherwise those of the test run, with a
   * database and a prefix of its own.
   */
  ownServers?: boolean | Pick<StartServersOptions, 'mysqlOptions' | 'mysqlStatements'>;
  /** The first API makes the tables; otherwise they are there, as the newest source has them. */
  isEmpty?: boolean;
  /** Asked for the addresses at which the first API and all processes without others of their own reach the servers. */
  connect?: (servers: { mysqlUrl: string; redisUrl: string }) => Promise<{ mysqlUrl: string; redisUrl: string }>;
}

/** Leases and intervals so short that a fault is over within a test, and long enough for a busy machine. */
const SHORT_TIMES = {
  BATON_LEASE_MS: '5000',
  BATON_HEARTBEAT_MS: '1000',
  BATON_RECONCILE_MS: '500',
  BATON_GRACE_MS: '1000',
  BATON_DRAIN_MS: '5000',
};

export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-e2e-'));
  const own = await startOwnServers(join(directory, 'servers'), options.ownServers);
  const shared = own ?? testServers();
  const database = await createTestDatabase(shared.mysqlUrl, { isEmpty: options.isEmpty === true });
  const redisPrefix = uniquePrefix();
  const direct = { mysqlUrl: database.url, redisUrl: shared.redisUrl };
  const servers: Servers = {
    ...direct,
    descriptions: { mysql: 'of the tests', redis: 'of the tests' },
    stop: () => Promise.resolve(),
  };
  const { ownServers: _, isEmpty: __, connect, environment, ...counts } = options;
  const stack = await startStack({
    restart: false,
    ...counts,
    directory: join(directory, 'stack'),
    report: () => {},
    servers: { ...servers, ...(await connect?.(direct)) },
    environment: { ...SHORT_TIMES, BATON_REDIS_PREFIX: redisPrefix, ...environment },
  });
  return Object.assign(Object.create(stack) as Stack, {
    database,
    redisPrefix,
    directory,
    servers: own === null ? servers : { ...own, mysqlUrl: database.url },
    async stop() {
      await stack.stop();
      await database.close();
      await own?.stop();
      await rm(directory, { recursive: true, force: true });
    },
  });
}

async function startOwnServers(directory: string, wanted: TestStackOptions['ownServers']): Promise<Servers | null> {
  if (wanted === undefined || wanted === false) return null;
  return startServers({ directory, purpose: 'tests', report: () => {}, ...(wanted === true ? {} : wanted) });
}
