import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Contender } from './contender.ts';

const CAN_SAY: ReadonlySet<string> = new Set(['W1', 'W2', 'W3']);
const STOP_MS = 10_000;
const READY_MS = 60_000;

/**
 * Celery with Redis, prefork, four processes; from Debian's packages (celery, python3-redis).
 * @returns null where it is not installed
 */
export async function startCelery({ peers, redisUrl }: { peers: string; redisUrl: string }): Promise<Contender | null> {
  const python = await findPython();
  if (python === null) return null;
  const env = { BENCH_REDIS: redisUrl, PYTHONPATH: peers };
  const { stdout: version } = await execa(python, ['-c', 'import celery; print(celery.__version__)']);
  const arguments_ = ['-m', 'celery', '-A', 'celery_peer', 'worker', '-P', 'prefork', '-c', '4', '-l', 'WARNING'];
  const worker = execa(python, arguments_, { env, stdio: 'ignore', reject: false, forceKillAfterDelay: STOP_MS });
  const stop = async (): Promise<void> => {
    worker.kill();
    await worker;
  };
  try {
    await waitForWorker(python, env);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: 'Celery',
    description: `Celery ${version}, Redis as broker and backend, prefork -c 4; nothing durable`,
    canRun: ({ id }) => CAN_SAY.has(id),
    async run({ id }) {
      const { stdout } = await execa(python, [join(peers, 'celery_peer.py'), id], { env });
      return { ms: Number(stdout) };
    },
    stop,
  };
}

/** Another Python before Debian's in PATH has other packages. */
async function findPython(): Promise<string | null> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const { failed } = await execa(python, ['-c', 'import celery, redis'], { reject: false });
    if (!failed) return python;
  }
  return null;
}

async function waitForWorker(python: string, env: Record<string, string>): Promise<void> {
  const deadline = performance.now() + READY_MS;
  const ping = ['-m', 'celery', '-A', 'celery_peer', 'inspect', 'ping', '-t', '5'];
  while ((await execa(python, ping, { env, reject: false })).failed) {
    if (performance.now() > deadline) throw new Error(`Celery's worker did not answer within ${READY_MS} ms`);
    await sleep(200);
  }
}
