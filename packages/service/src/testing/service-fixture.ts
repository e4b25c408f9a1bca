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
