import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { DevstackConfig } from './config.ts';
import { findProgram } from './find-programs.ts';
import { runCommandOrThrow } from './run-command.ts';

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Baton installs server programs without starting them as services; this file is removed at once.\nexit 101\n';
const INSTALL_TIMEOUT_MS = 600_000;
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** Whether packages can be installed here: Debian or Ubuntu, as root. */
export function canInstallPackages(config: DevstackConfig): boolean {
  const isDebian = existsSync('/etc/debian_version') && findProgram('apt-get', config.searchFolders) !== null;
  return isDebian && process.getuid?.() === 0;
}

/**
 * Installs Debian packages, without what they recommend, and without letting them start a system service, now or at the next boot.
 * @throws DevstackError when apt-get fails
 */
export async function installPackages(packages: readonly string[], report: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  report(`Installing ${packages.join(' and ')} with apt-get (no system service is started) ...`);
  const isGuarded = guardServices();
  try {
    const options = { timeoutMs: INSTALL_TIMEOUT_MS, environment: APT_ENVIRONMENT };
    const aptGet = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300']; // another install may be under way
    await runCommandOrThrow([...aptGet, 'update'], options);
    await runCommandOrThrow([...aptGet, 'install', '-y', '--no-install-recommends', ...packages], options);
    // Where systemd runs, redis-server enables its service for the next boot; mariadb-server-core has none.
    if (packages.includes('redis-server') && existsSync('/run/systemd/system')) {
      await runCommandOrThrow(['systemctl', 'disable', 'redis-server.service'], options);
    }
  } finally {
    if (isGuarded) removeGuard();
  }
  report(`Installed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

// Debian's packages ask policy-rc.d before they start a service; 101 forbids it. A file that is there already is the machine's own policy.
function guardServices(): boolean {
  if (existsSync(POLICY_FILE)) return false;
  writeFileSync(POLICY_FILE, POLICY_TEXT, { mode: 0o755, flag: 'wx' });
  return true;
}

function removeGuard(): void {
  if (existsSync(POLICY_FILE) && readFileSync(POLICY_FILE, 'utf8') === POLICY_TEXT) rmSync(POLICY_FILE);
}
