/**
 * node bullmq-peer.mjs <Redis's address> <workload as JSON>: runs a workload with BullMQ alone and execa for each script, and
 * prints how many ms it took. What an engine costs that keeps nothing: what follows what is known to this process only.
 */
import { FlowProducer, Queue, Worker, type FlowJob } from 'bullmq';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import type { PeerWorkload } from '../bullmq-contender.ts';

const CONCURRENCY = 8;
const QUEUE = 'bench';

const [url = '', text = ''] = process.argv.slice(2);
const workload = JSON.parse(text) as PeerWorkload;
const connection = new Redis(url, { maxRetriesPerRequest: null });
const queue = new Queue(QUEUE, { connection });
await queue.obliterate({ force: true });

const successors = new Map<string, string[]>();
const waitsFor = new Map<string, number>();
const scripts = new Map<string, string>();
for (let copy = 1; copy <= workload.copies; copy += 1) {
  for (const { name, script } of workload.graph.vertices) {
    scripts.set(`${name}/${copy}`, script);
    waitsFor.set(`${name}/${copy}`, 0);
  }
  for (const [tail, head] of workload.graph.edges) {
    successors.set(`${tail}/${copy}`, [...(successors.get(`${tail}/${copy}`) ?? []), `${head}/${copy}`]);
    waitsFor.set(`${head}/${copy}`, (waitsFor.get(`${head}/${copy}`) ?? 0) + 1);
  }
}
let left = scripts.size;
let finish: () => void;
const finished = new Promise<void>((resolve) => {
  finish = resolve;
});
const jobOf = (name: string): { name: string; data: { script: string } } => {
  return { name, data: { script: scripts.get(name) ?? '' } };
};

const worker = new Worker<{ script: string }>(
  QUEUE,
  async ({ data }) => {
    await execa('sh', ['-c', data.script]);
  },
  { connection, concurrency: CONCURRENCY, removeOnComplete: { count: 0 } },
);
worker.on('completed', ({ name }) => {
  left -= 1;
  if (left === 0) finish();
  if (workload.asTree) return;
  const ready = (successors.get(name) ?? []).filter((head) => {
    const open = (waitsFor.get(head) ?? 0) - 1;
    waitsFor.set(head, open);
    return open === 0;
  });
  if (ready.length > 0) void queue.addBulk(ready.map(jobOf));
});
await worker.waitUntilReady();
const beganAt = performance.now();
if (workload.asTree) await new FlowProducer({ connection }).addBulk(makeTrees());
else await queue.addBulk([...waitsFor].filter(([, open]) => open === 0).map(([name]) => jobOf(name)));
await finished;
console.log(performance.now() - beganAt);
process.exit(0);

/** A parent runs after its children: so the last vertex is the root. */
function makeTrees(): FlowJob[] {
  const before = new Map<string, string[]>();
  for (const [tail, heads] of successors)
    for (const head of heads) before.set(head, [...(before.get(head) ?? []), tail]);
  const makeTree = (name: string): FlowJob => {
    const children = (before.get(name) ?? []).map(makeTree);
    return { ...jobOf(name), queueName: QUEUE, ...(children.length > 0 ? { children } : {}) };
  };
  return [...scripts.keys()].filter((name) => !successors.has(name)).map(makeTree);
}
