/** How many scripts may run at once, over all queues that a worker serves; and how many tracks it may hold. */
export interface Slots {
  readonly total: number;
  /** Slots that nobody has or waits for. */
  readonly free: number;
  /** Tracks that have a place and wait for a slot. */
  readonly queued: number;
  /** So many more tracks may be taken: one a free slot, and those that are worth having ready. */
  readonly room: number;
  /** @returns a place, the caller's until he leaves it; null where there is no room */
  tryEnter(): Place | null;
  /** The same, where there is room within so many milliseconds. */
  enterWithin(ms: number): Promise<Place | null>;
  /** How many wait for room. */
  readonly waiting: number;
  /** Whether there is room or not: for what is claimed already. */
  enter(): Place;
  /** To be called when `ahead` may have changed. */
  refresh(): void;
  /** Resolves when there is nobody. */
  whenIdle(): Promise<void>;
}

export interface Place {
  /** Whether its slot is there already. */
  readonly hasSlot: boolean;
  /** Resolves when there is a slot for it. Who came first gets one first. */
  slot(): Promise<void>;
  leave(): void;
}

export interface SlotOptions {
  total: number;
  /** How many tracks more than there are slots may be taken. */
  ahead: () => number;
  /** Told when there is no room any more, and when there is again. */
  onChange: (hasRoom: boolean) => void;
}

interface Occupant {
  hasSlot: boolean;
  granted: Promise<void>;
  grant(): void;
}

export function createSlots({ total, ahead, onChange }: SlotOptions): Slots {
  let free = total;
  const idle = createIdleWaiters();
  let hadRoom = true;
  const inside = new Set<Occupant>();
  const countRoom = (): number => Math.max(0, total + ahead() - inside.size);
  const waiters = createWaiters();
  const refresh = (): void => {
    while (waiters.count > 0 && countRoom() > 0) waiters.admit(enter());
    const hasRoom = countRoom() > 0;
    if (hasRoom !== hadRoom) onChange(hasRoom);
    hadRoom = hasRoom;
  };
  const leave = (occupant: Occupant): void => {
    if (!inside.delete(occupant)) return;
    if (occupant.hasSlot) free += 1;
    free = grantFree(inside, free);
    refresh();
    if (inside.size === 0) idle.tell();
  };
  const enter = (): Place => {
    const occupant = createOccupant();
    inside.add(occupant);
    free = grantFree(inside, free);
    refresh();
    return toPlace(occupant, leave);
  };
  return {
    total,
    enter,
    get free() {
      return free;
    },
    get queued() {
      return inside.size - (total - free);
    },
    get room() {
      return countRoom();
    },
    refresh,
    get waiting() {
      return waiters.count;
    },
    tryEnter: () => (countRoom() === 0 ? null : enter()),
    enterWithin(ms) {
      const entered = waiters.wait(ms);
      refresh();
      return entered;
    },
    whenIdle: () => (inside.size === 0 ? Promise.resolve() : idle.wait()),
  };
}

/** Without a slot are those who came last: a set keeps their order. @returns slots that are left */
function grantFree(inside: ReadonlySet<Occupant>, free: number): number {
  let left = free;
  for (const occupant of inside) {
    if (left === 0) break;
    if (occupant.hasSlot) continue;
    left -= 1;
    occupant.grant();
  }
  return left;
}

function toPlace(occupant: Occupant, leave: (occupant: Occupant) => void): Place {
  return {
    get hasSlot() {
      return occupant.hasSlot;
    },
    slot: () => occupant.granted,
    leave: () => leave(occupant),
  };
}

function createIdleWaiters(): { tell(): void; wait(): Promise<void> } {
  let waiters: (() => void)[] = [];
  return {
    tell() {
      for (const resolve of waiters) resolve();
      waiters = [];
    },
    wait: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
      }),
  };
}

/** Those who wait for room for a while. Who came first is admitted first. */
function createWaiters(): {
  readonly count: number;
  admit(place: Place): void;
  wait(ms: number): Promise<Place | null>;
} {
  const waiters: ((place: Place | null) => void)[] = [];
  return {
    get count() {
      return waiters.length;
    },
    admit: (place) => waiters.shift()?.(place),
    wait: (ms) =>
      new Promise((resolve) => {
        const waiter = (place: Place | null): void => {
          clearTimeout(timer);
          resolve(place);
        };
        const timer = setTimeout(() => {
          waiters.splice(waiters.indexOf(waiter), 1);
          resolve(null);
        }, ms);
        waiters.push(waiter);
      }),
  };
}

function createOccupant(): Occupant {
  let resolve = (): void => {};
  const granted = new Promise<void>((settle) => {
    resolve = settle;
  });
  const occupant: Occupant = {
    hasSlot: false,
    granted,
    grant() {
      occupant.hasSlot = true;
      resolve();
    },
  };
  return occupant;
}
