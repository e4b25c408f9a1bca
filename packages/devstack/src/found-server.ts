import type { ManagedProcess } from './managed-process.ts';

/** One server that answers, wherever it came from. */
export interface FoundServer {
  url: string;
  /** For a person, such as "MariaDB 10.11.19, private, port 41234". */
  description: string;
  /** Only of a server that was started privately. */
  process?: ManagedProcess;
  /** Ends it, if it was started for this stack. */
  stop: () => Promise<void>;
}
