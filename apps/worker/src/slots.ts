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
  /** How many wait for room. */
  readonly waiting: number;
  /** @returns a place, the caller's until he leaves it; null where there is no room */
  tryEnter(): Place | null;
  /** The same, where there is room within so many milliseconds. */
  enterWithin(ms: number): Promise<Place | null>;
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

export function createSlots(options: SlotOptions): Slots {
  return new Occupation(options);
}

class Occupation implements Slots {
  readonly #options: SlotOptions;
  /** In the order in which they came. */
  readonly #inside = new Set<Occupant>();
  readonly #waiters = new Set<(place: Place) => void>();
  #idleWaiters: (() => void)[] = [];
  #hadRoom = true;
  free: number;
  queued = 0;
  movedAt = performance.now();

  constructor(options: SlotOptions) {
    this.#options = options;
    this.free = options.total;
  }

  get total(): number {
    return this.#options.total;
  }

  get room(): number {
    return Math.max(0, this.total + this.#options.ahead() - this.#inside.size);
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  tryEnter(): Place | null {
    return this.room === 0 ? null : this.enter();
  }

  enterWithin(ms: number): Promise<Place | null> {
    return new Promise((resolve) => {
      const take = (place: Place): void => {
        clearTimeout(timer);
        resolve(place);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(take);
        resolve(null);
      }, ms);
      this.#waiters.add(take);
      this.#refresh();
    });
  }

  enter(): Place {
    const occupant = new Occupant(
      () => this.#grantNext(occupant),
      () => this.#leave(occupant),
    );
    this.#inside.add(occupant);
    this.queued += 1;
    this.#grantNext();
    this.#refresh();
    return occupant;
  }

  async whenIdle(): Promise<void> {
    if (this.#inside.size > 0) await new Promise<void>((resolve) => void this.#idleWaiters.push(resolve));
  }

  #leave(occupant: Occupant): void {
    if (!this.#inside.delete(occupant)) return;
    this.#grantNext(occupant);
    this.#refresh();
    if (this.#inside.size > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters = [];
  }

  /** @param ended does not need its slot any more, if it had one */
  #grantNext(ended?: Occupant): void {
    if (ended?.state === 'running') this.free += 1;
    if (ended?.state === 'queued') this.queued -= 1;
    if (ended !== undefined) ended.state = 'ended';
    for (const occupant of this.#inside) {
      if (this.free === 0 || this.queued === 0) break;
      if (occupant.state !== 'queued') continue;
      this.free -= 1;
      this.queued -= 1;
      this.movedAt = performance.now();
      occupant.grant();
    }
  }

  #refresh(): void {
    for (const take of this.#waiters) {
      if (this.room === 0) break;
      this.#waiters.delete(take);
      take(this.enter());
    }
    const hasRoom = this.room > 0;
    if (hasRoom !== this.#hadRoom) this.#options.onChange(hasRoom);
    this.#hadRoom = hasRoom;
  }
}

class Occupant implements Place {
  readonly #granted: Promise<void>;
  #resolve = (): void => {};
  state: 'queued' | 'running' | 'ended' = 'queued';
  readonly freeSlot: () => void;
  readonly leave: () => void;

  constructor(freeSlot: () => void, leave: () => void) {
    this.freeSlot = freeSlot;
    this.leave = leave;
    this.#granted = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get hasSlot(): boolean {
    return this.state === 'running';
  }

  slot(): Promise<void> {
    return this.#granted;
  }

  grant(): void {
    this.state = 'running';
    this.#resolve();
  }
}
