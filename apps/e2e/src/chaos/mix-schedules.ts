import { setTimeout as sleep } from 'node:timers/promises';
import type { CarefulClient } from './careful-client.ts';
import type { ChaosPlan } from './chaos-graphs.ts';
import { EVERY_MINUTE } from './judge-schedules.ts';

/** The schedules of a mix: each starts its plan every minute, and for some minutes before the mix twice asked for afterwards. */
const MINUTE_MS = 60_000;
const POLL_MS = 500;
/** So many minutes are asked for afterwards. */
const BACKFILLED = 4;
const AT_ONCE = 2;

function nameSchedule({ name }: ChaosPlan): string {
  return name.replaceAll(' ', '-');
}

export async function startSchedules(client: CarefulClient, plans: readonly ChaosPlan[], nowMs: number): Promise<void> {
  const to = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  const range = { from: new Date(to - BACKFILLED * MINUTE_MS).toISOString(), to: new Date(to).toISOString() };
  await Promise.all(
    plans.map(async (plan) => {
      const { mode, onFailure } = plan.scenario;
      const name = nameSchedule(plan);
      await client.putGraphs(plan);
      const body = {
        name,
        cron: EVERY_MINUTE,
        graph: plan.name,
        mode,
        onFailure,
        overlap: 'allow',
        catchUpLimit: 1000,
      };
      await client.post('/schedules', body, `schedule-${name}`);
      for (const _ of ['once', 'again']) {
        await client.post(`/schedules/${name}/backfill`, { ...range, atOnce: AT_ONCE });
      }
    }),
  );
}

/** Waits until nothing that is due waits for its start, or the time is up: what was not started then is missed by the oracle. */
export async function endSchedules(
  client: CarefulClient,
  plans: readonly ChaosPlan[],
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  await Promise.all(
    plans.map(async (plan) => {
      const path = `/schedules/${nameSchedule(plan)}`;
      while (performance.now() < deadline && !(await isAllStarted(client, path))) await sleep(POLL_MS);
      await client.post(`${path}/pause`, {});
    }),
  );
}

async function isAllStarted(client: CarefulClient, path: string): Promise<boolean> {
  const queued = await client.get<{ items: unknown[] }>(`${path}/fires?state=queued`);
  const askedAtMs = Date.now();
  const { nextDueTimes } = await client.get<{ nextDueTimes: string[] }>(path);
  const [next] = nextDueTimes;
  return queued.items.length === 0 && next !== undefined && Date.parse(next) > askedAtMs;
}
