import { spawnSync } from 'node:child_process';

/** The levels of isolation that docs/configuration.md names, and what a worker asks unshare for. */
const LEVELS = {
  'pid-namespace': [],
  'user-namespace': ['--user', '--map-current-user'],
  'process-group': null,
} as const;
export type Isolation = keyof typeof LEVELS;

/**
 * @param unshare the program to ask
 * @returns those that a worker can have on this host, the strongest first; 'process-group' always is one
 */
export function findIsolations(unshare = 'unshare'): Isolation[] {
  // In a container the namespaces may be permitted, and their own /proc not.
  const namespace = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  const levels = Object.entries(LEVELS) as [Isolation, readonly string[] | null][];
  return levels.flatMap(([level, words]) => {
    if (words === null) return [level];
    const { status } = spawnSync(unshare, [...namespace, ...words, 'true'], { stdio: 'ignore' });
    return status === 0 ? [level] : [];
  });
}

/**
 * What a stack has to tell its workers where the host permits no namespaces: a developer's own scripts on his own machine
 * may run without them, and he is told. A worker that is started by itself refuses until somebody says so.
 * @returns variables of workers
 */
export function findIsolationVariables(report: (line: string) => void, unshare = 'unshare'): Record<string, string> {
  if (findIsolations(unshare)[0] !== 'process-group') return {};
  report('This machine permits no namespaces: scripts run in process groups, and could read what this user may read.');
  return { BATON_ISOLATION: 'process-group' };
}
