/** What one run of a script needs. Everything is data: no value here ever becomes shell code. */
export interface RunRequest {
  /** Random id of the run, `[A-Za-z0-9_-]{1,128}`; names the run's directory. */
  runId: string;
  /** The rendered text; written to a file, so its size has no limit of its own. */
  script: string;
  /**
   * null: the script's `#!` line, else `/bin/sh -e`. `sh`, `bash`, `dash`, `zsh`, `ksh`: that shell with `-e`.
   * Anything else: the words of an interpreter, such as `python3` or `/usr/bin/env node`.
   */
  shell: string | null;
  /** The run's own variables; names begin with PARAM_, OUTPUT_ or BATON_. The runner adds the rest. */
  environment: Record<string, string>;
  /** What the file $BATON_INPUTS holds; null: there is no such file, and no such variable. */
  inputs: string | null;
  /** Time until TERM, counted from the start of the script; null for none. */
  timeoutMs: number | null;
  /** Time between TERM and KILL, after a timeout or a cancel. */
  graceMs: number;
  /** Cap of the output: the head is streamed, the tail is kept and sent at the end, after a line that says what was cut. */
  maxOutputBytes: number;
  /** Takes the output in order, in chunks of at most 64 KiB. While it is pending the script's writes block. */
  onOutput(chunk: Buffer): Promise<void>;
  /**
   * Told once, seconds after KILL, where processes of the run are alive all the same: such as wait for a disk that does not
   * answer. The result comes when they are gone, and not before.
   */
  onSurvivors?(survivors: Survivor[]): void;
}

/** A process that KILL did not end, as seen from the worker. */
export interface Survivor {
  pid: number;
  /** The program's name, 15 characters at most. */
  name: string;
  /** As in /proc/<pid>/stat: D waits for a device, T is stopped ... */
  state: string;
}

/** What is known of a run that is over. Exit code, signal and reasons are apart on purpose (RELIABILITY.md R20). */
export interface RunResult {
  /** The interpreter's exit code; null where a signal ended it or it never started. */
  exitCode: number | null;
  /** The signal that ended the interpreter, without `SIG` ('KILL', 'TERM'); else null. See helper-script.ts for what holds. */
  signal: string | null;
  timedOut: boolean;
  cancelled: boolean;
  /** The guard ended the run because the worker was frozen for longer than its lease allows. */
  guarded: boolean;
  /** Why the script could not be started, or why what it wrote to $BATON_NEXT cannot be read; else null. */
  spawnError: string | null;
  /** Bytes that the script wrote, the cut ones included. */
  outputBytes: number;
  cutBytes: number;
  /** From the hand-over to the helper until nothing of the run was left, on the monotonic clock. */
  durationMs: number;
  /** What the script wrote to $BATON_NEXT (at most 64 KiB), or null if it wrote no such file. */
  next: string | null;
  /** What the script wrote to $BATON_OUTPUT (at most 1 MiB), or null if it wrote no such file, or none that can be read. */
  output: Buffer | null;
  /** Why what the script wrote to $BATON_OUTPUT cannot be read; else null. */
  outputProblem: string | null;
}

export interface RunHandle {
  /** Resolves when the whole process tree is gone. Rejects only with what `onOutput` rejected with. */
  readonly result: Promise<RunResult>;
  /** TERM, grace, KILL. Safe to call at any time, any number of times. */
  cancel(): void;
  /**
   * KILL at once, without TERM, also while a cancel's or a timeout's grace is under way: for a run that may not go on. What
   * has not started yet never does. The result is `cancelled`, or `timedOut` where that came first. Safe to repeat.
   */
  kill(): void;
}

/** How surely a run's processes are found again, best first. */
export const ISOLATIONS = ['pid-namespace', 'user-namespace', 'process-group'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export interface Runner {
  readonly isolation: Isolation;
  /** Runs a script as soon as a slot is free. Never throws: a request that cannot run has a result with `spawnError`. */
  run(request: RunRequest): RunHandle;
  /** Kills what runs, waits until all of it is gone, ends the helpers and the guard. */
  close(): Promise<void>;
}

/** Limits of each script (setrlimit); what is absent stays as the worker has it. Core dumps are always off. */
export interface RunLimits {
  openFiles?: number;
  processes?: number;
  fileSizeBytes?: number;
  memoryBytes?: number;
}

export interface RunnerOptions {
  /** Scripts that run at once; each slot has a helper shell of its own. */
  slots: number;
  /** The worker's private directory, absolute; made with mode 0700. Nobody else may use it. */
  directory: string;
  /** A worker that is silent for longer than this has its scripts killed by the guard. */
  guardTimeoutMs: number;
  /** PATH of the scripts. */
  path?: string;
  limits?: RunLimits;
  /** Added to the worker's own niceness for scripts and all that they start, 0 to 19; absent: 0 (niceness.ts). */
  niceness?: number;
  /** Take this level, or fail; by default the best that the host permits. */
  isolation?: Isolation;
  report?(event: RunnerEvent): void;
}

/** What an operator may want to read in the log. */
export interface RunnerEvent {
  kind:
    | 'isolation_chosen'
    | 'isolation_unavailable'
    | 'helper_ended'
    | 'helper_failed'
    | 'guard_fired'
    | 'guard_ended'
    /** Processes of a run survived KILL; the run is not over before they are gone. */
    | 'kill_failed'
    /** ... and they are. */
    | 'kill_done'
    | 'cleanup_incomplete';
  detail: string;
}

export const MAX_CHUNK_BYTES = 64 * 1024;
