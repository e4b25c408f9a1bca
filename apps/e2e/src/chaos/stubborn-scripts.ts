/**
 * Scripts that do not want to end. Each is /bin/sh; its cookie is in the environment of all that it starts (PARAM_cookie) and
 * on the command lines, where a process may have changed its environment. `processes` carry it once all of it is up.
 */
export interface StubbornScript {
  name: string;
  processes: number;
  script: string;
}

/** A shell that sleeps on and on, whatever happens to its sleeps, and carries the cookie on its command line. */
const HIDE = `sh -c 'trap "" TERM HUP INT; while :; do sleep 3600 || :; done'`;
const IN_FRONT = 'while :; do sleep 3600 || :; done';

export const STUBBORN_SCRIPTS: readonly StubbornScript[] = [
  { name: 'ignores TERM', processes: 2, script: `trap '' TERM HUP INT\n${IN_FRONT}` },
  { name: 'setsid', processes: 4, script: `setsid ${HIDE} &\nsleep 3600` },
  {
    name: 'double fork, TERM ignored',
    processes: 4,
    script: `( (trap '' TERM HUP; setsid ${HIDE}) & )\nsleep 3600`,
  },
  {
    name: 'pipes held by grandchildren',
    processes: 4,
    script: `(setsid ${HIDE} >&1 2>&1 & )\nseq 1 1000\nsleep 3600`,
  },
  { name: 'stopped child', processes: 3, script: `sleep 3600 &\nkill -STOP $!\nsleep 3600` },
  {
    name: 'another environment',
    processes: 3,
    script: `setsid env -i "PATH=$PATH" sh -c 'trap "" TERM HUP; while :; do sleep 3600 || :; done' "$PARAM_cookie" &\nsleep 3600`,
  },
  {
    name: 'all of it',
    processes: 6,
    script: `trap '' TERM HUP INT\n( (setsid ${HIDE}) & )\nsetsid ${HIDE} &\n${IN_FRONT}`,
  },
];
