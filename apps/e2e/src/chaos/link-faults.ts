import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomSource } from '@baton/domain/testing';
import type { ChaosProcess } from './chaos-stack.ts';
import type { Fault, FaultKind, FaultScene } from './faults.ts';
import type { LinkMode, TcpProxy } from './tcp-proxy.ts';

/** What happens to one link of one process. */
interface DrawnLink {
  target: string;
  name: 'mysql' | 'redis' | 'api';
  mayLose: Fault['mayLose'];
  proxy: TcpProxy;
}

/** Requests whose replies are worth losing: commits, the scripts of the queue, the worker's calls. */
const REQUESTS: Record<DrawnLink['name'], readonly RegExp[]> = {
  mysql: [/COMMIT/, /UPDATE track/, /INSERT INTO attempt/],
  redis: [/evalsha/i, /hgetall|bzpopmin/i, /exec\r\n/i],
  api: [/POST \S*claims/, /POST \S*heartbeat/, /POST \S+ HTTP/],
};
/** A trap that nobody runs into does not keep its link from other faults for longer. */
const TRAP_MS = 5000;

export const LINK_FAULTS: readonly FaultKind[] = [
  link(
    'link cut',
    2,
    ({ proxy }) =>
      () =>
        Promise.resolve(proxy.cut()),
  ),
  link('link cut after a request', 8, cutAfterRequest),
  link('link cut before a request', 2, ({ proxy, name }, random) => {
    const match = random.pick(REQUESTS[name]);
    return () => springs(proxy.intercept({ match, when: 'before' }));
  }),
  link('link silent', 3, (drawn, random) => during(drawn, 'silent', random)),
  link('link silent one way', 3, (drawn, random) => {
    return during(drawn, random.pick(['silent_requests', 'silent_replies'] as const), random);
  }),
  link('link slow', 2, (drawn, random) => during(drawn, { delayMs: 50 + random.below(450) }, random)),
  link('link half closed', 1, (drawn, random) => during(drawn, 'half_close', random)),
  link('link refused', 2, (drawn, random) => during(drawn, 'refuse', random)),
];

function link(
  name: string,
  weight: number,
  make: (drawn: DrawnLink, random: RandomSource) => () => Promise<unknown>,
): FaultKind {
  const prepare = (scene: FaultScene): Fault => {
    const drawn = drawLink(scene);
    const act = make(drawn, scene.random);
    return {
      target: drawn.target,
      mayLose: drawn.mayLose,
      async inject(began) {
        began();
        await act();
      },
    };
  };
  return { name, weight, recovery: null, prepare };
}

/** Leases are renewed over two links: from the worker to its API, and from that to MySQL. */
function findVictims({ kind, name: processName }: ChaosProcess, name: DrawnLink['name']): Fault['mayLose'] {
  if (name === 'api') return [processName];
  return kind === 'api' && name === 'mysql' ? 'all' : [];
}

function drawLink({ stack, random }: FaultScene): DrawnLink {
  const process: ChaosProcess = random.pick(stack.processes);
  const links = Object.entries(process.links) as [DrawnLink['name'], TcpProxy][];
  const [name, proxy] = random.pick(links);
  return { target: `${name} of ${process.name}`, name, proxy, mayLose: findVictims(process, name) };
}

function cutAfterRequest({ proxy, name }: DrawnLink, random: RandomSource): () => Promise<unknown> {
  const match = random.pick(REQUESTS[name]);
  return () => springs(proxy.intercept({ match, when: 'after' }));
}

function springs(sprung: Promise<void>): Promise<unknown> {
  return Promise.race([sprung, sleep(TRAP_MS)]);
}

/** Some shorter than a lease, some longer. */
function during({ proxy }: DrawnLink, mode: LinkMode, random: RandomSource): () => Promise<void> {
  const durationMs = 500 + random.below(7500);
  return async () => {
    await proxy.setMode(mode);
    await sleep(durationMs);
    await proxy.setMode('pass');
  };
}
