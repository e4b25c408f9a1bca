import type { Database } from '@baton/database';
import type { Queue, RedisSettings, RedisState, TrackQueue } from '@baton/queue';
import type { LegTimes, Logger } from '@baton/service';
import type { Authenticate } from './auth/authenticate.ts';
import type { StartJoiner } from './join-starts.ts';
import type { Metrics } from './metrics.ts';

/** What the API works with; tests give their own. */
export interface AppDeps {
  database: Database;
  queue: TrackQueue;
  /** Writes the starts of several callers together. */
  starts: StartJoiner;
  /** The queue of completions, for the dashboard alone. */
  completions: Queue;
  /** Tells the workers to look now; a hint, so its failure is logged and forgotten. */
  nudgeWorkers(): Promise<void>;
  /** Whether Redis answers. The API works without it. */
  isRedisReady(): boolean;
  /** What Redis says of itself; null where it does not. */
  readRedis(): Promise<RedisSettings | null>;
  /** For /readyz and /metrics: whether it would take entries, too. */
  probeRedis(): Promise<RedisState>;
  authenticate: Authenticate;
  metrics: Metrics;
  legs: LegTimes;
  logger: Logger;
  settings: AppSettings;
}

export interface AppSettings {
  /** Names that the Host header may have besides the loopback ones, in lower case, without ports. */
  allowedHosts: readonly string[];
  /** Bound to an address of the network: then its clients may also name an IP address. */
  isPublic: boolean;
  maxBodyBytes: number;
  maxGraphBytes: number;
  /** Of a graph document in YAML: reading it takes most of a second a megabyte, and the process does nothing else meanwhile. */
  maxYamlBytes: number;
  /** A request that is no stream is answered with 503 after this. */
  deadlineMs: number;
  leaseMs: number;
  heartbeatMs: number;
  /** Holds swagger-ui's files. */
  swaggerDirectory: string;
  /** Tests only: an answer that its schema does not allow becomes an error. */
  validatesResponses: boolean;
}
