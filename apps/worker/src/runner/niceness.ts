/*
 * Scripts give way to Baton: a machine full of them must not starve the worker's heartbeats and, where they are on the same
 * machine, the API, the orchestrator and the database. Nice are the helpers and all that they start; the guard, the keepers
 * and what sweeps after a helper that was killed are not, because they must act in time.
 *
 * `nice -n` adds to the worker's own niceness, up to 19. Where the kernel groups processes by session (CONFIG_SCHED_AUTOGROUP,
 * sched_autogroup_enabled) it compares the niceness of processes within one session only, and weighs sessions against each
 * other by a number of their own, which stands in /proc/<pid>/autogroup and begins at 0, whatever the worker's is. Helpers
 * have a session each, and at the level 'process-group' every script has one, so each of these writes that number too.
 *
 * As well as can be: the kernel takes such numbers from others than root at most ten times a second, of all processes
 * together. A helper that was refused tries again with its next run, a script does not; nor has a session that a script makes
 * for itself (setsid) the number of the one before. Without the file there are no such groups, and `nice` alone counts.
 */

/** @param niceness what is added to the worker's own niceness, 0 to 19; 0: nothing @returns the words to put before a command */
export function composeNice(niceness: number): string[] {
  return niceness === 0 ? [] : ['nice', '-n', String(niceness)];
}

/** Shell text: the function that weighs this shell's session. Fails where the kernel refuses, or has no such groups. */
export const WEIGH_SESSION = `weigh_session() {
  echo "$1" 2>/dev/null >/proc/self/autogroup
}
`;
