import { loadConfig } from './config.ts';
import { configOrExit, createLogger, runService } from '@baton/service';
import { startWorker } from './start-worker.ts';
import { stopTimeoutMs } from './stop-worker.ts';

const config = configOrExit(loadConfig);
const logger = createLogger('worker', config.BATON_LOG_LEVEL);
await runService({
  logger,
  start: () => startWorker(config, logger),
  stopTimeoutMs: stopTimeoutMs(config.BATON_DRAIN_MS),
});
