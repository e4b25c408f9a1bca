/** Runs that this worker has asked for or was given, the latest of them. What it holds a lease for is known beyond that. */
export interface KnownRuns {
  add(runId: string): void;
  has(runId: string): boolean;
}

const KEPT = 20_000;

export function createKnownRuns(): KnownRuns {
  const known = new Set<string>();
  return {
    add(runId) {
      known.add(runId);
      const [oldest] = known.size > KEPT ? known : [];
      if (oldest !== undefined) known.delete(oldest);
    },
    has: (runId) => known.has(runId),
  };
}
