import { spawnSync } from 'node:child_process';

/**
 * What a stack has to tell its workers where the host permits no namespaces: a developer's own scripts on his own machine
 * may run without them, and he is told. A worker that is started by itself refuses until somebody says so.
 * @returns variables of workers
 */
export function findIsolationVariables(report: (line: string) => void): Record<string, string> {
  const mayMakeNamespaces = [['--pid'], ['--user', '--map-current-user', '--pid']].some(
    (words) => spawnSync('unshare', [...words, '--fork', 'true'], { stdio: 'ignore' }).status === 0,
  );
  if (mayMakeNamespaces) return {};
  report('This machine permits no namespaces: scripts run in process groups, and could read what this user may read.');
  return { BATON_ISOLATION: 'process-group' };
}
