import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../logger.ts';
import { runService, type Service } from '../run-service.ts';

/** A process for tests: its argument says how its service behaves. */
const behaviour = process.argv[2];
const logger = createLogger('fixture');

const service: Service = {
  ready: { url: 'http://127.0.0.1:1' },
  async stop() {
    logger.info({ event: 'no_new_work' });
    if (behaviour === 'hangs') await sleep(60_000);
    if (behaviour === 'cannot_stop') throw new Error('the connection does not close');
    await sleep(1);
    logger.info({ event: 'connections_closed' });
  },
};

await runService({
  logger,
  stopTimeoutMs: process.argv[3] === undefined ? 10_000 : Number(process.argv[3]),
  async start() {
    if (behaviour === 'cannot_start') throw new Error('the port is taken');
    if (behaviour === 'makes_garbage') return { ...service, ready: { heapMebibytes: await makeGarbage() } };
    if (behaviour === 'starts_slowly') {
      logger.info({ event: 'starting' });
      await sleep(60_000);
    }
    if (behaviour === 'throws') setImmediate(() => JSON.parse('{'));
    if (behaviour === 'rejects') setImmediate(() => void Promise.reject(new Error('nobody waits for this')));
    setInterval(() => {}, 60_000);
    return service;
  },
});

/** As what passes output on: pieces as base64 within JSON. @returns the most that the heap held */
async function makeGarbage(): Promise<number> {
  const kept = Array.from({ length: 400_000 }, (_, id) => ({ id, name: `v${id}` }));
  const last: unknown[] = [];
  let most = 0;
  for (let turn = 0; turn < 1500; turn += 1) {
    const text = JSON.stringify({ data: Buffer.alloc(256 * 1024, turn % 251).toString('base64') });
    last[turn % 8] = [text, JSON.parse(text)];
    if (turn % 10 !== 0) continue;
    most = Math.max(most, process.memoryUsage().heapTotal);
    await new Promise(setImmediate);
  }
  return kept.length === 0 ? 0 : most / 2 ** 20;
}
