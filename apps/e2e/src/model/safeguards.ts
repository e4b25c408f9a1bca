/** What keeps the promises. Each can be taken away. */
export interface Safeguards {
  /** A worker starts only what it has claimed: PENDING, of this attempt, in one compare-and-set. */
  claim: boolean;
  /** A claim that is asked for again is granted to the run id that holds it ... */
  repeatIsGranted: boolean;
  /** ... and to no other. */
  repeatNamesRun: boolean;
  /** A claim asks for the pipeline's state too. */
  claimAsksPipeline: boolean;
  /** The end of a pipeline ends its PENDING tracks in the same transaction. */
  endTakesPending: boolean;
  /** A completion is applied only to a track that is RUNNING ... */
  completionGuard: boolean;
  /** ... under the attempt and the run id that the completion names. */
  completionNamesRun: boolean;
  /** An attempt is given back by the run id that holds it only. */
  releaseNamesRun: boolean;
  /** What was asked to be given back is not started before the answer that it is kept. */
  releaseAwaitsAnswer: boolean;
  /** What is to be ended, or of a pipeline that has ended, is not given back. */
  releaseAsksEnd: boolean;
  /** The pipeline is locked before anything is read for a decision. */
  lockBeforeCount: boolean;
  /** The retry of a track is an attempt with a number of its own. */
  retryIsNewAttempt: boolean;
  /** The reconcile loop enqueues what is PENDING and in no queue. */
  reconcileEnqueues: boolean;
  /** It declares lost what is RUNNING past its lease ... */
  reconcileLoses: boolean;
  /** ... and nothing else. */
  leaseIsChecked: boolean;
  /** A worker that cannot renew a lease kills the script before the lease ends. */
  fence: boolean;
  /** A lease is renewed until the completion is known to be applied, not only while the script runs. */
  leaseOutlivesScript: boolean;
  /** A completion is on the worker's disk until it is applied, and sent again. */
  spool: boolean;
  /** A running track becomes CANCELLED when its worker says that the script is gone. */
  cancelWaits: boolean;
}

export type Safeguard = keyof Safeguards;

const ALL: Safeguards = {
  claim: true,
  repeatIsGranted: true,
  repeatNamesRun: true,
  claimAsksPipeline: true,
  endTakesPending: true,
  completionGuard: true,
  completionNamesRun: true,
  releaseNamesRun: true,
  releaseAwaitsAnswer: true,
  releaseAsksEnd: true,
  lockBeforeCount: true,
  retryIsNewAttempt: true,
  reconcileEnqueues: true,
  reconcileLoses: true,
  leaseIsChecked: true,
  fence: true,
  leaseOutlivesScript: true,
  spool: true,
  cancelWaits: true,
};

export const SAFEGUARDS = Object.keys(ALL) as Safeguard[];

export function allBut(...missing: Safeguard[]): Safeguards {
  return { ...ALL, ...Object.fromEntries(missing.map((name) => [name, false])) };
}
