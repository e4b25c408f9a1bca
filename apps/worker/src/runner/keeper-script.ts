import { SWEEP_CHILDREN } from './helper-script.ts';

/*
 * What a helper at the level 'process-group' runs under, so that nothing below it escapes: Linux gives an orphan to the
 * nearest process above it that is a *reaper of its descendants* (prctl PR_SET_CHILD_SUBREAPER), else to the init of the host.
 * With that, leaving the group or the session, forking twice and clearing the environment change nothing about who is below
 * whom, and `children` of /proc lists it all. Both the helper and its keeper are reapers: the helper for what a run leaves
 * that has ended by itself, the keeper for what a helper leaves that was killed.
 *
 * No tool of util-linux sets it, and a Node program cannot; perl can, which Debian has always (perl-base). Without perl, or on
 * a machine whose number for prctl is not known here, the helper runs as well, and what hides from the cookie escapes.
 */

/** The system call prctl, by machine, as Node names it. */
const PRCTL: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 157,
  arm64: 167,
  riscv64: 167,
  loong64: 167,
  arm: 172,
  ia32: 172,
  s390x: 172,
  ppc64: 171,
};
const PR_SET_PDEATHSIG = 1;
const PR_SET_CHILD_SUBREAPER = 36;
const SIGKILL = 9;

/**
 * Arguments: the command. Ends when the helper has ended and nothing is left below. The shell tells of a helper that was
 * killed, and the worker that would read it may be dead: PIPE must not end the keeper before its work (see GUARD_SCRIPT).
 */
const KEEPER_SCRIPT = `${SWEEP_CHILDREN}
trap : PIPE
"$@"
status=$?
sweep_children
exit "$status"
`;

/** Runs a command as a reaper; `dies`: with its parent. */
function asReaper(command: readonly string[], { dies }: { dies: boolean }): [string, ...string[]] {
  const number = PRCTL[process.arch];
  if (number === undefined) return ['/bin/sh', '-c', 'exec "$@"', 'sh', ...command];
  const calls = [`syscall(${number}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0)`];
  if (dies) calls.push(`syscall(${number}, ${PR_SET_PDEATHSIG}, ${SIGKILL}, 0, 0, 0)`);
  const text = `${calls.join('; ')}; exec { $ARGV[0] } @ARGV; print STDERR "$ARGV[0]: $!\\n"; exit 127`;
  return ['/bin/sh', '-c', 'command -v perl >/dev/null && exec perl -e "$0" "$@"; exec "$@"', text, ...command];
}

/** @returns the command that keeps a helper: the helper is its only child, in a session of its own */
export function composeKeeper(helper: readonly string[]): [string, ...string[]] {
  const inner = ['setsid', ...asReaper(helper, { dies: true })];
  return asReaper(['/bin/sh', '-c', KEEPER_SCRIPT, 'keeper', ...inner], { dies: false });
}
