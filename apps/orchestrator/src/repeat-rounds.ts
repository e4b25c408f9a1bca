export interface Rounds {
  /** Ends them when the one that is under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs rounds again and again, each this long after the last one ended.
 * @param run one round, which never fails
 * @param firstMs to the first one
 */
export function repeatRounds(run: () => Promise<unknown>, intervalMs: number, firstMs: number = intervalMs): Rounds {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<unknown> = Promise.resolve();
  const next = (afterMs: number): void => {
    timer = setTimeout(() => {
      round = run().then(() => {
        if (!isStopped) next(intervalMs);
      });
    }, afterMs);
  };
  next(firstMs);
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
