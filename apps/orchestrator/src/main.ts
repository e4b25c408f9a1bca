import { configOrExit, createLogger, runService } from '@baton/service';
import { loadConfig } from './config.ts';
import { startOrchestrator } from './start-orchestrator.ts';

const STOP_TIMEOUT_MS = 15_000;

const config = configOrExit(loadConfig);
const logger = createLogger('orchestrator', config.BATON_LOG_LEVEL);
await runService({ logger, start: () => startOrchestrator(config, logger), stopTimeoutMs: STOP_TIMEOUT_MS });
