/** What the shell sees when a command ends. */
export const EXIT = {
  success: 0,
  /** The pipeline ended, and not in FINISH. */
  failed: 1,
  /** A wrong command line, or input that was refused. */
  usage: 2,
  /** No answer, or none that the server could give. */
  unreachable: 3,
  /** No token, a wrong one, or one without the scope. */
  auth: 4,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
