/** How many scripts may run at once, over all queues that a worker serves. */
export interface Slots {
  readonly total: number;
  readonly free: number;
  /** @returns whether there was a free slot; it is the caller's then */
  tryTake(): boolean;
  give(): void;
  /** Resolves when no slot is taken. */
  whenIdle(): Promise<void>;
}

/** @param onChange told when the last free slot was taken, and when there is one again */
export function createSlots(total: number, onChange: (hasFree: boolean) => void): Slots {
  let free = total;
  let idleWaiters: (() => void)[] = [];
  return {
    total,
    get free() {
      return free;
    },
    tryTake() {
      if (free === 0) return false;
      free -= 1;
      if (free === 0) onChange(false);
      return true;
    },
    give() {
      free += 1;
      if (free === 1) onChange(true);
      if (free < total) return;
      for (const resolve of idleWaiters) resolve();
      idleWaiters = [];
    },
    whenIdle: () =>
      free === total
        ? Promise.resolve()
        : new Promise((resolve) => {
            idleWaiters.push(resolve);
          }),
  };
}
