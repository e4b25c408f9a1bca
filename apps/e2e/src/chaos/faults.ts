import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessKind } from '@baton/devstack';
import type { RandomSource } from '@baton/domain/testing';
import type { Redis } from '@baton/queue';
import { CRASH_POINTS } from '@baton/service';
import type { ChaosProcess, ChaosStack } from './chaos-stack.ts';
import { LINK_FAULTS } from './link-faults.ts';

/** What faults need to be done. */
export interface FaultScene {
  stack: ChaosStack;
  /** Past every link, to hurt Redis itself. */
  redis: Redis;
  random: RandomSource;
  leaseMs: number;
  /** Names of processes that nothing ends. */
  longLived: ReadonlySet<string>;
}

/** One fault that is about to be done. */
export interface Fault {
  /** What it hurts, e.g. `worker-2` or `redis`: no two faults hurt one thing at the same time. */
  target: string;
  /** Of a fault that ends a process: which. */
  process?: ChaosProcess;
  /** The workers whose attempts it may lose. Nothing but faults may lose any. */
  mayLose: 'all' | readonly string[];
  /**
   * Does it, and undoes it where it does not pass by itself; what died is started again by others (keep-alive).
   * @param began to be called at the moment of the fault
   */
  inject(began: () => void): Promise<void>;
}

/** A kind of fault. Everything that is random about it is drawn by `prepare`. */
export interface FaultKind {
  name: string;
  weight: number;
  /**
   * How its recovery is seen (measure-recovery): `runs` what it stopped on a worker goes on, `ends` outcomes are applied again,
   * `starts` what waited is started. Null: it is not measured.
   */
  recovery: 'runs' | 'ends' | 'starts' | null;
  /** It waits until somebody comes to it, which may never be: nothing waits for it. */
  isTrap?: true;
  /** @returns null where it cannot be done now */
  prepare(scene: FaultScene): Fault | null;
}

/** Some places are come to once a minute only: a trap there does not outlast the mix by much. */
const CRASH_WITHIN_MS = 20_000;

const FAULT_KINDS: readonly FaultKind[] = [
  { name: 'worker killed', weight: 6, recovery: 'runs', prepare: (scene) => signal(scene, 'worker', 'SIGKILL') },
  {
    name: 'orchestrator killed',
    weight: 5,
    recovery: 'ends',
    prepare: (scene) => signal(scene, 'orchestrator', 'SIGKILL'),
  },
  { name: 'API killed', weight: 4, recovery: null, prepare: (scene) => signal(scene, 'api', 'SIGKILL') },
  {
    name: 'worker stopped in order',
    weight: 2,
    recovery: null,
    prepare: (scene) => signal(scene, 'worker', 'SIGTERM'),
  },
  {
    name: 'orchestrator stopped in order',
    weight: 1,
    recovery: null,
    prepare: (scene) => signal(scene, 'orchestrator', 'SIGTERM'),
  },
  { name: 'API stopped in order', weight: 1, recovery: null, prepare: (scene) => signal(scene, 'api', 'SIGTERM') },
  { name: 'worker frozen beyond its lease', weight: 3, recovery: null, prepare: freezeWorker },
  {
    name: 'orchestrator frozen',
    weight: 2,
    recovery: null,
    prepare: (scene) => freeze(scene, 'orchestrator', 1000 + scene.random.below(9000)),
  },
  {
    name: 'API frozen',
    weight: 1,
    recovery: null,
    prepare: (scene) => freeze(scene, 'api', 500 + scene.random.below(4000)),
  },
  { name: 'death at a crash point', weight: 8, recovery: null, isTrap: true, prepare: crash },
  {
    name: 'Redis emptied',
    weight: 4,
    recovery: 'starts',
    prepare: ({ redis }) => onRedis(() => redis.flushall()),
  },
  { name: 'Redis connections killed', weight: 2, recovery: null, prepare: killClients },
  {
    name: 'Redis restarted with its file',
    weight: 3,
    recovery: 'starts',
    prepare: (scene) => restartServer(scene, 'redis'),
  },
  { name: 'Redis restarted empty', weight: 3, recovery: 'starts', prepare: restartRedisEmpty },
  { name: 'MariaDB restarted', weight: 4, recovery: 'starts', prepare: (scene) => restartServer(scene, 'mysql') },
  ...LINK_FAULTS,
];

/** Draws a kind by its weight. */
export function drawFaultKind(random: RandomSource, kinds: readonly FaultKind[] = FAULT_KINDS): FaultKind {
  let left = random.share() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  for (const kind of kinds) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  throw new Error('there are no kinds of faults');
}

function drawProcess({ stack, random }: FaultScene, isWanted: (process: ChaosProcess) => boolean): ChaosProcess {
  return random.pick(stack.processes.filter(isWanted));
}

function signal(scene: FaultScene, kind: ProcessKind, name: 'SIGKILL' | 'SIGTERM'): Fault {
  const process = drawProcess(scene, (one) => one.kind === kind && !scene.longLived.has(one.name));
  return {
    target: process.name,
    process,
    mayLose: findVictims(process),
    async inject(began) {
      const { exited } = process;
      began();
      process.kill(name);
      await exited;
    },
  };
}

/** Workers lose what they run with themselves, and with the API that renews their leases. */
function findVictims({ kind, name }: ChaosProcess): Fault['mayLose'] {
  if (kind === 'worker') return [name];
  return kind === 'api' ? 'all' : [];
}

function freezeWorker(scene: FaultScene): Fault {
  return freeze(scene, 'worker', scene.leaseMs + 500 + scene.random.below(3000));
}

function freeze(scene: FaultScene, kind: ProcessKind, durationMs: number): Fault {
  const process = drawProcess(scene, (one) => one.kind === kind);
  return {
    target: process.name,
    mayLose: findVictims(process),
    async inject(began) {
      began();
      process.kill('SIGSTOP');
      await sleep(durationMs);
      process.kill('SIGCONT');
    },
  };
}

function crash({ stack, random }: FaultScene): Fault {
  const point = random.pick(CRASH_POINTS);
  return {
    target: `crash point ${point}`,
    mayLose: point.startsWith('orchestrator') ? [] : 'all',
    async inject(began) {
      await stack.crashAt(point, 'SIGKILL', CRASH_WITHIN_MS);
      began();
    },
  };
}

function onRedis(act: () => Promise<unknown>): Fault {
  return {
    target: 'redis',
    mayLose: [],
    async inject(began) {
      await act();
      began();
    },
  };
}

function killClients({ redis }: FaultScene): Fault {
  return onRedis(async () => {
    for (const type of ['normal', 'pubsub']) await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  });
}

function restartServer({ stack, random }: FaultScene, kind: 'mysql' | 'redis', between?: () => Promise<void>): Fault {
  const server = stack.server(kind);
  const downMs = 200 + random.below(2500);
  return {
    target: kind,
    mayLose: kind === 'mysql' ? 'all' : [],
    async inject(began) {
      const { exited } = server;
      began();
      server.kill('SIGKILL');
      await exited;
      await between?.();
      await sleep(downMs);
      await server.restart();
    },
  };
}

function restartRedisEmpty(scene: FaultScene): Fault {
  const files = join(scene.stack.directory, 'servers', 'redis-data', 'appendonlydir');
  return restartServer(scene, 'redis', () => rm(files, { recursive: true, force: true }));
}
