import { findWorkers, type WorkerRecord } from '@baton/database';
import type { AppDeps } from './app-deps.ts';

/** Heartbeats that may be missed before a worker is no longer shown as alive. */
const MISSED_HEARTBEATS = 3;

/** @param filter `all`: dead ones too */
export function listKnownWorkers(
  { database, settings }: Pick<AppDeps, 'database' | 'settings'>,
  filter: { all: boolean },
): Promise<WorkerRecord[]> {
  return findWorkers(database, { aliveMs: MISSED_HEARTBEATS * settings.heartbeatMs, all: filter.all });
}
