/** How many scripts may run at once, over all queues that a worker serves; and how many tracks it may hold. */
export interface Slots {
  readonly total: number;
  /** Slots that nobody has or waits for. */
  readonly free: number;
  /** Tracks that have a place and wait for a slot. */
  readonly queued: number;
  /** When a track was last given a slot, on performance.now(). */
  readonly movedAt: number;
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
  /** Resolves when there is nobody. */
  whenIdle(): Promise<void>;
}

export interface Place {
  /** Whether its slot is there already. */
  readonly hasSlot: boolean;
  /** Resolves when there is a slot for it. Who came first gets one first. */
  slot(): Promise<void>;
  /** The script is over: another may have the slot, while what is left to be done keeps the place. */
  freeSlot(): void;
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
  state: 'queued' | 'running' | 'ended';
  granted: Promise<void>;
  grant(): void;
}

export function createSlots({ total, ahead, onChange }: SlotOptions): Slots {
  let free = total;
  let queued = 0;
  let movedAt = performance.now();
  let idleWaiters: (() => void)[] = [];
  let hadRoom = true;
  const inside = new Set<Occupant>();
  const countRoom = (): number => Math.max(0, total + ahead() - inside.size);
  const waiters: ((place: Place | null) => void)[] = [];
  const refresh = (): void => {
    while (waiters.length > 0 && countRoom() > 0) waiters.shift()?.(enter());
    const hasRoom = countRoom() > 0;
    if (hasRoom !== hadRoom) onChange(hasRoom);
    hadRoom = hasRoom;
  };
  /** Without a slot are those who came last: a set keeps their order. */
  const grantNext = (): void => {
    for (const occupant of inside) {
      if (free === 0 || queued === 0) return;
      if (occupant.state !== 'queued') continue;
      free -= 1;
      queued -= 1;
      movedAt = performance.now();
      occupant.grant();
    }
  };
  const freeSlot = (occupant: Occupant): void => {
    if (occupant.state === 'running') free += 1;
    if (occupant.state === 'queued') queued -= 1;
    occupant.state = 'ended';
    grantNext();
  };
  const leave = (occupant: Occupant): void => {
    if (!inside.delete(occupant)) return;
    freeSlot(occupant);
    refresh();
    if (inside.size > 0) return;
    for (const resolve of idleWaiters) resolve();
    idleWaiters = [];
  };
  const enter = (): Place => {
    const occupant = createOccupant();
    inside.add(occupant);
    queued += 1;
    grantNext();
    refresh();
    return {
      get hasSlot() {
        return occupant.state === 'running';
      },
      slot: () => occupant.granted,
      freeSlot: () => freeSlot(occupant),
      leave: () => leave(occupant),
    };
  };
  return {
    total,
    enter,
    get free() {
      return free;
    },
    get queued() {
      return queued;
    },
    get movedAt() {
      return movedAt;
    },
    get room() {
      return countRoom();
    },
    get waiting() {
      return waiters.length;
    },
    tryEnter: () => (countRoom() === 0 ? null : enter()),
    enterWithin: (ms) =>
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
        refresh();
      }),
    whenIdle: () =>
      inside.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idleWaiters.push(resolve);
          }),
  };
}

function createOccupant(): Occupant {
  let resolve = (): void => {};
  const granted = new Promise<void>((settle) => {
    resolve = settle;
  });
  const occupant: Occupant = {
    state: 'queued',
    granted,
    grant() {
      occupant.state = 'running';
      resolve();
    },
  };
  return occupant;
}
