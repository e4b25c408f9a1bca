import type { Runner } from './runner/index.ts';

/**
 * Without namespaces a script sees the other processes of its user, and so reads this worker's token from its environment
 * and the completions in its folder. That may be right where a container is the boundary, but somebody has to say so.
 * @param demanded BATON_ISOLATION
 * @throws Error where the host permits no namespaces and nobody asked for less
 */
export function refuseUnaskedWeakness(isolation: Runner['isolation'], demanded: Runner['isolation'] | undefined): void {
  if (isolation !== 'process-group' || demanded === 'process-group') return;
  throw new Error(
    "expected a host that lets this user make PID namespaces, found none: scripts could read the worker's token. " +
      'Give the worker the right to make them (CAP_SYS_ADMIN, or user namespaces), or accept it with BATON_ISOLATION=process-group',
  );
}
