export * from './counters.ts';
export { crashPoint, CRASH_POINTS, type CrashPoint } from './crash-point.ts';
export { createLogger, type Logger } from './logger.ts';
export * from './read-config.ts';
export { refuseUnsafe, UnsafeSettingsError } from './refuse-unsafe.ts';
export * from './run-service.ts';
export * from './legs.ts';
