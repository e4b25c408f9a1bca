export interface Rounds {
  /** Ends them when the one that is under way has ended. */
  stop(): Promise<void>;
}

/** Runs rounds again and again, each this long after the last one ended. @param run one round, which never fails */
export function repeatRounds(run: () => Promise<unknown>, intervalMs: number): Rounds {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<unknown> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      round = run().then(() => {
        if (!isStopped) next();
      });
    }, intervalMs);
  };
  next();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
