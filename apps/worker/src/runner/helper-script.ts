import { WEIGH_SESSION } from './niceness.ts';

/**
 * The shell text of the helper (one a slot) and of the guard (one a runner).
 *
 * The helper reads shell text from its stdin: first its own, then that of one run after another (prepare-run.ts), which
 * sets `script` and `inputs`, defines `start` and ends with `run <mark> <place> <file of this text, if it has one>`. So a run
 * makes and removes no files: its script goes into the emptied file of the one before, by appending, since file systems hurry
 * to the disk what is written by an opening that truncated the file.
 * States: waiting for text -> running a script -> sweeping what the script left -> answered.
 * Its guarantees:
 * - An answer on fd 3 means that nothing of the run is alive. In a PID namespace `kill -9 -1` reaches every process but
 *   PID 1 at once, whatever it did to hide, and is repeated until the kernel says that there is no other process. At the
 *   level 'process-group' the run's group is killed, /proc is searched for the run's cookie until two passes find nothing,
 *   and whatever else the kernel says to be below the helper is killed (keeper-script.ts): leaving the group, forking twice
 *   and clearing the environment help nobody.
 * - The mark comes on fd 1 after the answer, so all before it is the run's output, complete.
 * - TERM to the helper's process group reaches the script and not the helper: PID 1 of a namespace gets no signal that it
 *   does not handle, but for KILL from outside. (At the level 'process-group' the script has a session of its own.)
 * - The helper dies: a namespace dies with it. Its stdin ends (the worker died), in the middle of a text or not: it ends
 *   itself, and starts nothing.
 * - A place is used again only where the answer does not say `left`: the folder of the script is empty, and nothing stands
 *   beside it but what has its fixed name there. That those are what they were, and empty, is seen to in slot.ts: the texts
 *   are gone when the run is over.
 *
 * Exit code or signal: `$?` is 137 both for `exit 137` and for a KILL. What tells them apart is that dash and bash write a
 * message ("Killed") for a foreground child that a signal ended; the file `died` takes it. They write none for INT and
 * PIPE, so a script whose interpreter died of these two is recorded as exit code 130 or 141. Running the script in the
 * background and asking `jobs` would tell, but POSIX shells make background commands ignore INT and QUIT for good.
 */
const SWEEP_COOKIE = `
sweep_cookie() {
  quiet=0
  while [ "$quiet" -lt 2 ]; do
    quiet=$((quiet + 1))
    for found in $(grep -lsF -- "BATON_COOKIE=$1" /proc/[0-9]*/environ 2>/dev/null); do
      found=\${found#/proc/}
      kill -9 "\${found%%/*}" 2>/dev/null
      quiet=0
    done
    [ "$quiet" -gt 0 ] || sleep 0.01
  done
}
`;

/**
 * Kills what is below this shell until there is nothing: the children of a child that dies become its own, where it is their
 * reaper. Waiting for a child of one's own makes a shell take leave of the dead, which the kernel still lists.
 */
export const SWEEP_CHILDREN = `
sweep_children() {
  pause=:
  while :; do
    found=
    read -r found </proc/$$/task/$$/children
    [ -n "$found" ] || return 0
    for child in $found; do kill -9 "$child"; done
    $pause &
    wait "$!"
    pause='sleep 0.01'
  done 2>/dev/null
}
`;

/** At the level 'process-group', after a helper that was killed itself. Argument: the cookie. */
export const SWEEP_SCRIPT = `${SWEEP_COOKIE}
sweep_cookie "$1"
`;

/**
 * Arguments: the level of isolation, the cookie of the slot (for the level 'process-group'), the path of the slot's pipe
 * and of the file for the shell's messages, without `.pipe` and `.died`, and the niceness that its session is to have
 * (niceness.ts).
 */
export const HELPER_SCRIPT = `
shopt -s execfail 2>/dev/null
umask 077
isolation=$1
cookie=$2
died=$3.died
owed=$4
${SWEEP_COOKIE}${SWEEP_CHILDREN}${WEIGH_SESSION}
pay_niceness() {
  case $owed in
  0) ;;
  *) weigh_session "$owed" && owed=0 ;;
  esac
}
sweep() {
  case $isolation in
  process-group)
    group=
    [ -s "$place/group" ] && read -r group <"$place/group"
    case $group in
    '' | 0 | 1 | *[!0-9]*) ;;
    *) kill -9 -- "-$group" 2>/dev/null ;;
    esac
    sweep_cookie "$cookie"
    sweep_children
    ;;
  *)
    pause=:
    while kill -9 -1; do
      $pause &
      wait "$!"
      pause='sleep 0.01'
    done 2>/dev/null
    ;;
  esac
}
case $isolation in
process-group) ;;
*) [ "$$" -eq 1 ] || exit 70 ;;
esac
exec >"$3.pipe" || exit 71
[ -e /proc/self/autogroup ] || owed=0
pay_niceness
exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
is_left() {
  for found in "$place"/home/* "$place"/home/.* "$place"/* "$place"/.*; do
    case "/.//..//home//script//inputs//next//output//$own/" in
    *"/\${found#"$place/"}/"*) continue ;;
    esac
    case $found in
    "$place/home/." | "$place/home/..") ;;
    *) if [ -e "$found" ] || [ -L "$found" ]; then return 0; fi ;;
    esac
  done
  return 1
}
write_texts() {
  printf '%s' "$script" >>"$place/script" || return
  if [ -n "$inputs" ]; then
    printf '%s' "$inputs" >>"$place/inputs"
  elif [ ! -f "$place/inputs" ]; then
    command : >>"$place/inputs"
  fi
}
run() {
  mark=$1
  place=$2
  own=$3
  code=refused
  pay_niceness
  if write_texts 2>&1; then
    {
      (
        trap ': >"$place/failed"' EXIT
        exec 2>&1
        start
        exit 126
      ) </dev/null 3>&-
      code=$?
    } 2>"$died"
  fi
  sweep
  flags=
  case $code in
  0) ;;
  *)
    [ -s "$died" ] && flags="$flags signal"
    [ -e "$place/failed" ] && flags="$flags failed"
    ;;
  esac
  [ -e "$place/next" ] && flags="$flags next"
  [ -e "$place/output" ] && flags="$flags output"
  script=
  inputs=
  is_left && flags="$flags left"
  printf '%s%s\\n' "$code" "$flags" >&3
  printf '%s' "$mark"
}
printf 'ready\\n' >&3
`;

/**
 * Arguments: seconds of silence allowed, the file that says that it fired, the shell, and the cookie ('' in namespaces).
 * Each line on stdin is a beat and names the processes to kill when the beats end. `read -t` is no POSIX, `timeout` is
 * everywhere. The file comes before the kill, so a worker that finds a helper killed knows by whom; `command`, because a
 * shell whose `:` cannot write ends there, and a disk without room must not keep the guard from its work. Nor must a message
 * to a worker that is dead: PIPE would end this shell between one kill and the next. (A handler; what is ignored would be
 * ignored by all that it starts.)
 */
export const GUARD_SCRIPT = `
trap : PIPE
seconds=$1
fired=$2
shell=$3
cookie=$4
processes=$5
${SWEEP_COOKIE}
while line=$(timeout "$seconds" "$shell" -c 'IFS= read -r line || exit 1; printf "%s\\n" "$line"'); do
  processes=$line
done
[ -n "$processes" ] || exit 0
command : >"$fired"
kill -9 $processes 2>/dev/null
[ -n "$cookie" ] && sweep_cookie "$cookie"
exit 0
`;
