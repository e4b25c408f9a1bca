import type { Logger } from 'pino';

/** As the packages that look at servers make it. */
interface Finding {
  code: string;
  severity: 'error' | 'warning' | 'note';
  found: string;
  advice: string;
}

/** The servers or settings that a process was given would break what it promises. */
export class UnsafeSettingsError extends Error {
  override readonly name = 'UnsafeSettingsError';
}

/**
 * Before a process starts: logs what is doubtful, and refuses what is unsafe.
 * @throws UnsafeSettingsError naming all errors among the findings, each with what to do
 */
export function refuseUnsafe(findings: readonly Finding[], logger: Logger): void {
  for (const { code, severity, found, advice } of findings) {
    if (severity === 'warning') logger.warn({ event: 'doubtful_setting', code, advice }, found);
  }
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const reasons = errors.map(({ code, found, advice }) => `${code}: ${found}; ${advice}`);
  throw new UnsafeSettingsError(`refusing to start with unsafe settings:\n  ${reasons.join('\n  ')}`);
}
