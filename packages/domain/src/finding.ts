/** Something about an installation that a person should know: what was found, and what to do. */
export interface Finding {
  /** Stable, for programs; docs/doctor.md lists them all. */
  code: string;
  /**
   * `error`: a promise does not hold, or will not; `warning`: one may not hold under a fault, or somebody waits; `note`: worth
   * knowing.
   */
  severity: FindingSeverity;
  found: string;
  advice: string;
}

export const FINDING_SEVERITIES = ['error', 'warning', 'note'] as const;

export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];
