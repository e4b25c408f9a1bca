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

/** Does it. @param began to be called at the moment of the fault */
type Act = Fault['inject'];

export const LINK_FAULTS: readonly FaultKind[] = [
  link('link cut', 2, ({ proxy }) => atOnce(() => Promise.resolve(proxy.cut()))),
  trap('link cut after a request', 8, 'after'),
  trap('link cut before a request', 2, 'before'),
  link('link silent', 3, (drawn, random) => atOnce(during(drawn, 'silent', random))),
  link('link silent one way', 3, (drawn, random) => {
    return atOnce(during(drawn, random.pick(['silent_requests', 'silent_replies'] as const), random));
  }),
  link('link slow', 2, (drawn, random) => atOnce(during(drawn, { delayMs: 50 + random.below(450) }, random))),
  link('link half closed', 1, (drawn, random) => atOnce(during(drawn, 'half_close', random))),
  link('link refused', 2, (drawn, random) => atOnce(during(drawn, 'refuse', random))),
];

function link(name: string, weight: number, make: (drawn: DrawnLink, random: RandomSource) => Act): FaultKind {
  const prepare = (scene: FaultScene): Fault => {
    const drawn = drawLink(scene);
    const act = make(drawn, scene.random);
    return { target: drawn.target, mayLose: drawn.mayLose, inject: act };
  };
  return { name, weight, recovery: null, prepare };
}

/** One that nobody runs into is no fault. */
function trap(name: string, weight: number, when: 'before' | 'after'): FaultKind {
  const make = ({ proxy, name: linkName }: DrawnLink, random: RandomSource): Act => {
    const match = random.pick(REQUESTS[linkName]);
    return async (began) => {
      await proxy.intercept({ match, when, withinMs: TRAP_MS });
      began();
    };
  };
  return { ...link(name, weight, make), isTrap: true };
}

function atOnce(act: () => Promise<void>): Act {
  return (began) => {
    began();
    return act();
  };
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

/** Some shorter than a lease, some longer. */
function during({ proxy }: DrawnLink, mode: LinkMode, random: RandomSource): () => Promise<void> {
  const durationMs = 500 + random.below(7500);
  return async () => {
    await proxy.setMode(mode);
    await sleep(durationMs);
    await proxy.setMode('pass');
  };
}
