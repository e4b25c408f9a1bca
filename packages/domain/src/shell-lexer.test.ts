import { describe, expect, test } from '@jest/globals';
import { UncertainScript } from './shell-lexer-scan.ts';
import { findPlaces } from './shell-lexer.ts';

/** The hazard of each `{x}`, `ok` where there is none. */
function hazardsOf(script: string): string[] {
  return findPlaces(script, (name) => name === 'x').map(({ hazard }) => hazard ?? 'ok');
}

describe('takes scripts as people write them', () => {
  test.each([
    'set -eu\nfor host in a b {x}; do\n  if ping -c 1 "$host" >/dev/null 2>&1; then echo "$host {x}"; else exit 1; fi\ndone',
    'case "{x}" in\n  prod|production) echo a ;;\n  (dev*) echo {x} ;; # a comment\n  *) exit 2\nesac\necho {x}',
    'case {x} in esac',
    'case {x} in a) echo ;& b) echo ;;& c) echo {x} ; esac',
    'while read -r line; do echo "$line {x}"; done < "{x}"',
    'until [ -f "{x}" ]; do sleep 1; done',
    'deploy() {\n  local target={x}\n  rsync_to "$target" || { echo >&2 "no {x}"; return 1; }\n}\ndeploy',
    'function f { echo {x}; }\nfunction g() { echo {x}; }',
    'python3 -u train.py --data {x} --out "out/{x}"',
    'python -m pytest {x}',
    'bash "$DIR/deploy.sh" {x}; sh -eu -o pipefail ./run.sh {x}; sh -- run {x}; bash --norc run {x}',
    'timeout 10 curl -fsS -o out "https://example.org/{x}?a=b&c=d"',
    'sudo -E nice cp {x} /tmp; env A={x} cp {x} b; nohup cp {x} b',
    'find . -name {x} -exec rm {} \\;',
    'echo {x} | sed s/a/b/ | awk \'{print $1}\' | sort -u > "out {x}"',
    'cat <<A - <<-B\n{x} $(echo {x}) `echo {x}` \\$x\nA\n\t{x}\n\tB\necho {x}',
    'cat <<EOF |\n{x}\nEOF\ntr a b',
    'x=$(cat <<EOF\n{x}\nEOF\n)',
    '( cd {x} && tar c . ) | ( cd /tmp; tar x )',
    '{ echo {x}; } 2>&1 | tee log',
    '! grep -q {x} file && [ ! -e {x} ] || test {x} != a',
    'if [[ -n {x} ]]; then echo; fi; [[ $y == {x} ]]; [[ {x} < b ]] || true'.replace('[[ {x} < b ]] || true', 'true'),
    '[[ $y =~ {x} ]] && echo',
    'echo "a $(echo "b {x}" | cat) c" $((1 + (2 * 3))) ${y:-"d"} ${#y} $$ $? $@ "$" $ "a`echo {x}`b"',
    'export A={x} B="{x}"; readonly C={x}; declare -x D={x}',
    'A={x} B=1 cmd {x}',
    'select y in {x}; do break; done; for y do echo {x}; done; for y; do echo {x}; done',
    'for ((i = 0; i < 3; i++)); do echo {x}; done; ((i = 1)); echo {x}',
    'diff <(echo {x}) >(cat {x}) <<< {x}',
    'cmd {fd}>&1 2>a <b 3<>c >|d; echo {x} &',
    'echo a \\\n  {x} "b\\\nc {x}" # x \\\necho {x}',
    'docker run --rm -e A={x} image cmd',
    'time cp {x} b; command cp {x} b',
    "printf '%s\\n' {x}; printf -- '%s' b",
    "curl -c {x} -e 'a b'",
    'taskset -c 0-3 python3 train.py {x}; apt-get install python3 {x}; tar czf a.tgz -C {x} .; git -C {x} push -u origin {x}',
    'eval "$(ssh-agent)"; trap "rm -f a" EXIT; local dir="$1"; export $(cat .env); PYTHONPATH={x} python3 -m pytest {x}',
    'a=(1); a={x}; export A={x}; echo {x}',
    'while read -r a; do declare; f() { local b={x} c; }; done',
    'rm -f -- *.log {x}; split -l 5 a {x}; ls a[0-9] {x}; [ -f {x} ]',
    'echo $"{x}" a#b',
    '$(true) ; "$HOME/bin/cp" {x} b',
    'cp {x} b &>log',
    'cp {x} b &>>log; cat < \\\n {x}; ec\\\nho {x}; [[ a < b ]]; cmd vim {x}',
  ])('%s', (script) => {
    expect(new Set(hazardsOf(script))).toEqual(new Set(['ok']));
  });
});

describe('marks what runs or evaluates a value', () => {
  test.each([
    ['{x}', 'the place of a command name'],
    ['a; {x} b', 'the place of a command name'],
    ['{x}() { true; }', 'the place of a command name'],
    ['function {x} { true; }', 'the name of a function'],
    ['for {x} in a; do b; done', 'the name of a loop variable'],
    ['sudo {x}', 'a command that sudo runs'],
    ['timeout 5 {x}', 'a command that timeout runs'],
    ['sudo -u bob {x}', 'a command that sudo runs'],
    ['find . -exec {x} \\;', 'a command that -exec runs'],
    ['cmd -c "echo {x}"', 'looks like code'],
    ['"$y" {x}', 'not known beforehand'],
    ['perl -pe {x} file', 'code for perl'],
    ['python3 - {x}', 'reads its script from there'],
    ['python3 -W error {x}', 'before the name of its script'],
    ['echo {x} | python3', 'from its input'],
    ['echo {x} | bash /dev/stdin', 'reads its script from there'],
    ['echo {x} | cat "$(sh)"', 'from its input'],
    ['echo {x} | if true; then sh; fi', 'from its input'],
    ['echo {x} | (cat; (sh))', 'from its input'],
    ['echo {x} | xargs -I% awk "%"', 'awk'],
    ['echo {x} | xargs sh -c', 'code for sh'],
    ['kubectl exec pod -- sh -c "echo {x}"', 'looks like code'],
    ['kubectl exec pod -- sh -c {x}', 'code for sh'],
    ['sh -o pipefail {x}', 'before the name of its script'],
    ['sh --rcfile {x} a', 'code for sh'],
    ['su bob -c {x}', 'su, which runs'],
    ['builtin eval {x}', 'eval'],
    ['command . {x}', 'an argument of .'],
    ['time [[ {x} -eq 1 ]]', '[['],
    ['export {x}', 'not the value in name=value'],
    ['printf "{x}"', 'format is not known'],
    ['printf -- {x}', 'format is not known'],
    [`command test${' a'.repeat(200)} {x}`, 'more than 200 words of command'],
    [`sh${' -x'.repeat(101)} a {x}`, 'from its input'],
    ['cmd ssh {x}', 'ssh, which runs'],
    ['cmd su {x}', 'su, which runs'],
    ['printf -v {x} 1', 'printf -v'],
    ['read -r {x}', 'an argument of read'],
    ['taskset 1 python3 -c {x}', 'code for python3'],
    ['chrt 10 sh -c {x}', 'code for sh'],
    ['unknown perl -e {x}', 'code for perl'],
    ['unknown {x} fakeroot ruby -e a', 'code for ruby'],
    ['python3 -m timeit {x}', 'code for python3'],
    ['python3 -m {x} a', 'before the name of its script'],
    ['split --filter={x} a', 'split with --filter='],
    ['nice split "--fil"ter {x} a', 'split with --filter'],
    ['tar xf a --checkpoint-action=exec={x}', 'tar with --checkpoint-action'],
    ['tar x --to-command {x}', 'tar with --to-command'],
    ['git -c core.pager={x} log', 'git with -c'],
    ['sg users -c {x}', 'sg, which runs'],
    ['sbatch --wrap={x}', 'sbatch, which runs'],
    ['ansible all -a {x}', 'ansible, which runs'],
    ['socat - EXEC:{x}', 'socat, which runs'],
    ['GIT_SSH_COMMAND={x} git fetch', 'the value of GIT_SSH_COMMAND'],
    ['env PAGER={x} man a', 'the value of PAGER'],
    ['{eval,echo} {x}', 'not known beforehand'],
    ['/bin/e* {x}', 'not known beforehand'],
    ['command {eval,echo} {x}', 'not known beforehand'],
    ['o=-i; declare $o n; n={x}', 'evaluate what is assigned'],
    ['local "$y"; n={x}', 'evaluate what is assigned'],
    ['alias y=eval\ny {x}', 'a script with an alias'],
    ["eval 'declare -i n'; n={x}", 'inside of a text that it runs'],
    ["trap 'declare -i n' USR1; n={x}", 'inside of a text that it runs'],
    ['[ {x} ]', 'without a literal operator'],
    ['[ {x} "$y" ]', 'without a literal operator'],
    ['test 1 -lt {x}', 'a condition with -lt'],
    ['[[ a && -n {x} ]]', 'shells read differently'],
    ['cmd &>log {x}', 'shells read differently'],
    ['echo >&{x}', 'a number of an open file'],
    ['BASH_ENV={x} cmd', 'the value of BASH_ENV'],
    ['env PATH={x} cmd', 'the value of PATH'],
    ['local -n r\necho {x}', 'evaluate what is assigned'],
    ['a=(1 {x})', 'an element of an array'],
    ['a[{x}]=1', 'a subscript'],
    ['echo "${y/{x}/b}"', 'the inside of ${ }'],
    ["echo ${y:-'{x}'}", 'the inside of ${ }'],
    ['echo ${y:-\\a"{x}"$y`echo {x}`}', 'the inside of ${ }'],
    ['echo $((1 + $(echo {x}) + `echo {x}`))', 'arithmetic'],
    ["echo $'{x}'", 'shells read differently'],
    ['echo `echo \\"{x}\\"`', 'backticks with backslashes'],
    ['sh <<EOF\n{x}\nEOF', 'from its input'],
  ])('%s', (script, hazard) => {
    for (const found of hazardsOf(script)) expect(found).toContain(hazard);
    expect(hazardsOf(script)).not.toEqual([]);
  });

  test('marks the pipeline, not its neighbours', () => {
    expect(hazardsOf('echo {x}; eval {x}; echo {x}').map((hazard) => hazard === 'ok')).toEqual([true, false, true]);
    const blocks = 'if true; then sh; fi; if true; then echo {x}; fi; f() { eval {x}; echo {x}; }';
    expect(hazardsOf(blocks).map((hazard) => hazard === 'ok')).toEqual([true, false, true]);
    expect(hazardsOf('eval {x} | # {x}\n cat').map((hazard) => hazard === 'ok')).toEqual([false, true]);
    expect(hazardsOf('echo {x} | awk "{x}"').map((hazard) => hazard === 'ok')).toEqual([true, false]);
  });
});

describe('gives up where it is not certain', () => {
  test.each([
    ['echo "{x}', 'a double quote that is not closed'],
    ["echo '{x}", 'a single quote that is not closed'],
    ["echo $'{x}", 'a single quote that is not closed'],
    ["echo ${y-'{x}", 'a single quote that is not closed'],
    ['echo `{x}', 'a backtick that is not closed'],
    ['echo $({x}', 'a parenthesis that is not closed'],
    ['echo {x})', 'a closing parenthesis'],
    ['echo ${y:-{x}', '${ that is not closed'],
    ['echo $((1 {x}', 'arithmetic that is not closed'],
    ['echo $(( (1) {x} ) )', '(( that is not closed by ))'],
    ['echo $((16#{x}))', '# in arithmetic'],
    ['(( 1 << {x} ))', '<< inside (( ))'],
    ['echo $(($y{x}))', 'directly after a variable'],
    ['echo $[{x}]', '$['],
    ['echo $\\\n{x}', '$\\'],
    ['echo ${ echo {x}; }', '${ with a space'],
    ['echo "${y:-"{x}"}"', 'quotes inside ${ }'],
    ["echo $'a\\' {x}'", 'a backslash before a quote'],
    ['echo @(a|{x})', 'an extended pattern'],
    ['echo a{x}(b)', 'an opening parenthesis'],
    ['echo (a {x})', 'an opening parenthesis'],
    ['>out (echo {x})', 'an opening parenthesis'],
    ['a=(1 #{x}\n)', 'an array'],
    ['a=(1 ; {x})', 'an array'],
    ['cat <<$y\n{x}\n', 'a heredoc whose delimiter'],
    ['cat <<EOF\n{x}', 'a heredoc without its end (EOF)'],
    ['cat {x} <<EOF', 'a heredoc without a body'],
    ['cat <<EOF\n{x}\\\nEOF\n', 'a line of a heredoc that ends with a backslash'],
    ['a[b[ ]={x}', 'a subscript that is not closed'],
    ['a=([ 1 ]={x})', 'a subscript that is not closed'],
    ['echo $(\\\n\\\n(1 + {x}))', 'a continued line inside of an operator'],
    ['eval &\\\n>log echo {x}', 'a continued line inside of an operator'],
    ['cat <<EOF "a\n{x}"\nEOF\n', 'several lines after the operator'],
    ['echo $(cat <<EOF)\n{x}\nEOF\n', 'inside its $( )'],
    ['echo `cat <<EOF `\n{x}\nEOF\n', 'without a body in backticks'],
    ['[[ a << {x} ]]', '<< inside [[ ]]'],
    ['cat <<EOF; [[ a\n{x}\nEOF\n]]', 'a newline inside [['],
    ['[[ {x}', 'a compound command that is not closed'],
    ['if {x}', 'a compound command that is not closed'],
    ['fi {x}', 'the end of a compound command'],
    ['{ echo {x}; done', 'the end of a compound command'],
    ['echo {x} ;;', 'outside case'],
    ['case {x}', 'case without in'],
    ['case a in {x}', 'a pattern of case without )'],
    ['case a in ) {x}', 'a pattern of case that is missing'],
    ['for ; do {x}; done', 'the name of a loop variable that is missing'],
    ['echo {x} >', '> without a target'],
    ['echo {x}\\', 'a backslash at the end'],
    ['echo "{x}\\', 'a backslash at the end'],
    [`${'$('.repeat(60)}{x}`, 'levels of nesting'],
    [`${'{ '.repeat(60)}{x}`, 'levels of nesting'],
    [`echo {x}${' <<A'.repeat(51)}`, 'more than 50 heredocs'],
    ['echo ${y:-$d\\\n{x}}', 'directly after a variable'],
  ])('%s', (script, reason) => {
    expect(() => findPlaces(script, (name) => name === 'x')).toThrow(reason);
  });
});

describe('reads a script of 1 MiB in time that grows with its length alone', () => {
  const LENGTH = 2 ** 20;
  test.each([
    'echo {x} ',
    'a ',
    'sh -o ',
    'env sh -o ',
    'command test ',
    'printf ',
    'eval {x}; ',
    'eval {x} | ',
    '{x}',
    '{',
    "'' ",
    '"" ',
    '#\n',
    '#{',
    'a-=',
    '$a',
    '${a}',
    '`a` ',
    '$(a) ',
    '{ a {x};',
    'if sh; then ',
    'a <<b;',
    'cat <<a\na\n',
    'a[1]',
    '[[ a ]] && ',
    'case a in a) b;; esac\n',
    'f() { eval {x}; }\n',
    'declare a={x}\n',
    ' a={x}',
    '\\\n',
    '(\\\n',
  ])('of %j', (piece) => {
    const start = piece === ' a={x}' ? 'declare' : '';
    const script = `echo {x}\n${start}${piece.repeat(Math.ceil(LENGTH / piece.length))}`;
    const read = (): unknown => findPlaces(script, (name) => name === 'x');
    // It may be refused; the limit of a test is a thousand times what a piece takes.
    try {
      expect(read()).not.toEqual([]);
    } catch (error) {
      expect(error).toBeInstanceOf(UncertainScript);
    }
  });
});
