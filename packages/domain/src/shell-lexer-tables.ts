/**
 * What commands do with what they are given, by name. No such list is complete; docs/parameters.md says so. A command that is
 * not here takes its arguments as data.
 */

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

export const SHELLS = names('sh bash dash ash rbash ksh ksh93 mksh pdksh zsh fish csh tcsh elvish nu pwsh powershell');
export const INTERPRETERS =
  /^(?:i?python|pypy|perl|ruby|node|nodejs|deno|bun|php|lua|luajit|tclsh|expect|Rscript|osascript)[\d.]*$/;
/** `python -m` runs these, which run what they are given. */
export const CODE_MODULES = names(
  'timeit pdb ipdb code cProfile profile trace asyncio idlelib IPython bpython ptpython',
);
/** They take the names of interpreters as any other text. */
export const DATA_COMMANDS = names(
  'echo printf grep egrep fgrep rg cat ls cp mv ln rm mkdir rmdir touch chmod chown which type hash pkill killall pgrep ' +
    'apt apt-get dnf yum apk brew pip pip3 pipx conda mamba npm set logger test [',
);

/** They run their arguments or their input, in languages of their own or by another shell. */
export const RUN_THEIR_INPUT = names(
  'ssh autossh sshpass mosh rsh slogin pdsh su sg newgrp runuser parallel at batch crontab sbatch salloc ' +
    'ansible ansible-playbook ansible-console salt socat ed ex vi vim nvim emacs gdb lldb bc dc m4 octave gnuplot R ' +
    'ftp sftp lftp psql mysql mariadb sqlite3 duckdb mongo mongosh watch entr busybox toybox script screen tmux',
);
export const RUN_THEIR_ARGUMENTS = names(
  'awk gawk mawk nawk sed gsed jq yq make gmake rsync flock chroot systemd-run nix-shell',
);
/** Builtins that evaluate arguments, or take names of variables (`name[$(code)]` is one to them). */
export const EVALUATING_BUILTINS = names(
  '. source trap alias let unset read wait getopts mapfile readarray bind complete compgen enable hash fc history ' +
    'shift return exit break continue ulimit print whence',
);
export const DECLARATIONS = names('declare typeset local export readonly');
export const MAKE_ARRAYS = names('mapfile readarray');
export const TESTS = names('test [');
/** They run the command that their words name; those of the shell run its builtins too. */
export const SHELL_WRAPPERS = names('command builtin exec time coproc');
export const WRAPPERS = names(
  'sudo doas env nohup nice ionice timeout setsid stdbuf xargs unbuffer strace ltrace taskset chrt fakeroot setpriv ' +
    'setarch numactl prlimit cpulimit valgrind srun mpirun mpiexec pkexec gosu su-exec tini dumb-init firejail bwrap proot',
);
/** They take command lines of others among words of their own. */
export const CARRIERS = names('find docker podman nerdctl kubectl oc nsenter unshare lxc machinectl');

/** Options after which a text of several words is likely to be code, whatever the command. */
export const CODE_OPTION = /^(?:-[a-z]?[ce]|--(?:command|eval|execute|exec|run))$/;
export const RUN_OPTION = names('-exec -execdir -ok -okdir');

const TAR_OPTIONS = /^(?:-[A-Za-z]*[IF]|--(?:to-c|checkpoint-|use-|in[a-z]*-s|info|new-|rsh|rmt))/;
/** Options that take a command, long ones as short as they may be abbreviated. */
export const OPTIONS_THAT_RUN: ReadonlyMap<string, RegExp> = new Map([
  ['split', /^--f/],
  ['sort', /^--comp/],
  ['tar', TAR_OPTIONS],
  ['gtar', TAR_OPTIONS],
  ['bsdtar', TAR_OPTIONS],
  ['git', /^(?:-c|--config-env|--upload-p|--receive-p|--exec)/],
  ['zip', /^(?:-TT|--unzip-c)/],
  ['tcpdump', /^-[A-Za-z]*z/],
]);

/** Variables whose value a shell runs or evaluates by itself. */
const EVALUATED_BY_SHELLS = names(
  'PIPESTATUS DIRSTACK GROUPS FUNCNAME COPROC MAPFILE PS0 PS1 PS2 PS3 PS4 PROMPT_COMMAND ENV BASH_ENV BASH_ALIASES SHELLOPTS BASHOPTS PATH IFS ' +
    'RANDOM SRANDOM SECONDS LINENO OPTIND HISTCMD EPOCHSECONDS BASH_ARGV0 EUID UID PPID',
);
/** Variables whose value well-known programs run or load. */
const RUN_BY_PROGRAMS = new RegExp(
  '^(?:(?:LD|DYLD|BASH)_.*|(?:.*_)?(?:EDITOR|PAGER|ASKPASS|RSH|SSH|SSH_COMMAND|PROXY_COMMAND|BROWSER|WRAPPER)|VISUAL|SHELL' +
    '|GIT_(?:CONFIG_.*|EXTERNAL_DIFF|EXEC_PATH)|LESSOPEN|LESSCLOSE|MAKEFLAGS|TAR_OPTIONS|PERL5(?:OPT|DB)|RUBYOPT' +
    '|PYTHON(?:STARTUP|BREAKPOINT|WARNINGS)|NODE_OPTIONS|_?JAVA_(?:TOOL_)?OPTIONS|JDK_JAVA_OPTIONS)$',
);

/** Whether what is assigned to the variable may be run or evaluated. */
export function isEvaluatedVariable(name: string): boolean {
  return EVALUATED_BY_SHELLS.has(name) || RUN_BY_PROGRAMS.test(name);
}
