/** What is known of the language of a script: all rules, only that numbers are data, or nothing. */
export type Dialect = 'posix' | 'numbers_only' | 'other';

const POSIX_SHELLS = new Set(['sh', 'dash', 'bash', 'ash']);
const OTHER_SHELLS = new Set(['ksh', 'ksh93', 'mksh', 'zsh']);

/** The interpreter as the worker chooses it: the vertex's `shell`, else the `#!` line, else `/bin/sh`. */
export function findDialect(script: string, shell: string | null): Dialect {
  const line = shell ?? /^#![ \t]*([^\n]*)/.exec(script)?.[1] ?? 'sh';
  const words = line.trim().split(/[ \t]+/);
  const isThroughEnv = baseName(words[0]) === 'env';
  const [interpreter, ...options] = isThroughEnv ? words.slice(words[1] === '-S' ? 2 : 1) : words;
  // With code in an option (`-c`) or a script from elsewhere, the text is not what the shell reads.
  if (
    options.some(
      (option) =>
        !/^-[a-zA-Z]*$|^--(?:norc|noprofile|posix|login)$/.test(option) || /[cs]/.test(option.replace(/^--.*/, '')),
    )
  ) {
    return 'other';
  }
  const name = baseName(interpreter);
  if (POSIX_SHELLS.has(name)) return 'posix';
  return OTHER_SHELLS.has(name) ? 'numbers_only' : 'other';
}

function baseName(path = ''): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
