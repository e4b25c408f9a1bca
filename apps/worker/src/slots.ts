/** How many scripts may run at once, over all queues that a worker serves; and how many tracks it may hold. */
export interface Slots {
  readonly total: number;
  /** Slots that nobody has or waits for. */
  readonly free: number;
  /** So many more tracks may be taken: one a free slot, and those that are worth having ready. */
  readonly room: number;
  /** @returns a place, the caller's until he leaves it; null where there is no room */
  tryEnter(): Place | null;
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
  let idleWaiters: (() => void)[] = [];
  let hadRoom = true;
  const inside = new Set<Occupant>();
  const countRoom = (): number => Math.max(0, total + ahead() - inside.size);
  const refresh = (): void => {
    const hasRoom = countRoom() > 0;
    if (hasRoom !== hadRoom) onChange(hasRoom);
    hadRoom = hasRoom;
  };
  /** Without a slot are those who came last: a set keeps their order. */
  const grantNext = (): void => {
    for (const occupant of inside) {
      if (free === 0) return;
      if (occupant.hasSlot) continue;
      free -= 1;
      occupant.grant();
    }
  };
  const leave = (occupant: Occupant): void => {
    if (!inside.delete(occupant)) return;
    if (occupant.hasSlot) free += 1;
    grantNext();
    refresh();
    if (inside.size > 0) return;
    for (const resolve of idleWaiters) resolve();
    idleWaiters = [];
  };
  return {
    total,
    get free() {
      return free;
    },
    get room() {
      return countRoom();
    },
    tryEnter() {
      if (countRoom() === 0) return null;
      const occupant = createOccupant();
      inside.add(occupant);
      grantNext();
      refresh();
      return {
        get hasSlot() {
          return occupant.hasSlot;
        },
        slot: () => occupant.granted,
        leave: () => leave(occupant),
      };
    },
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
    hasSlot: false,
    granted,
    grant() {
      occupant.hasSlot = true;
      resolve();
    },
  };
  return occupant;
}
