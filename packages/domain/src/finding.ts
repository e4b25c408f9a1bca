/** Something about an installation that a person should know: what was found, and what to do. */
export interface Finding {
  /** docs/doctor.md says more about each. */
  code: FindingCode;
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

/** Stable, for programs. */
export const FINDING_CODES = [
  'mysql_too_old',
  'mysql_not_durable',
  'mysql_binlog_not_synced',
  'mysql_no_doublewrite',
  'mysql_multi_writer',
  'mysql_read_only',
  'mysql_not_strict',
  'mysql_isolation',
  'mysql_time_zone',
  'redis_away',
  'redis_refuses_writes',
  'redis_too_old',
  'redis_evicts',
  'redis_replica',
  'redis_disk',
  'redis_full',
  'redis_no_password',
  'redis_not_persistent',
  'clock_skew',
  'mixed_versions',
  'leases_differ',
  'reconcile_too_seldom',
  'no_orchestrator',
  'no_worker',
  'labels_not_served',
  'weak_isolation',
  'completions_kept',
  'lease_overdue',
  'track_overdue',
  'track_not_due',
  'track_not_claimed',
  'pipeline_stranded',
  'counters_wrong',
  'key_missing',
  'limit_rows_left_over',
  'messages_parked',
  'queue_paused',
  'completions_late',
  'repairs_made',
  'unknown_completions_seen',
  'consumers_renewed',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];
