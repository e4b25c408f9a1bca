/** Work that must not hold up what starts it. */
export interface SideWork {
  add(work: () => Promise<void>): void;
  /** Resolves when all of it is done, or the time is up: then it is left alone. */
  finish(timeoutMs: number): Promise<void>;
}

/** @param onError told what a piece of work failed with */
export function createSideWork(onError: (error: unknown) => void): SideWork {
  const pending = new Set<Promise<void>>();
  return {
    add(work) {
      const piece = work()
        .catch(onError)
        .finally(() => pending.delete(piece));
      pending.add(piece);
    },
    async finish(timeoutMs) {
      if (pending.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const timeIsUp = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([Promise.all(pending), timeIsUp]);
      clearTimeout(timer);
    },
  };
}
