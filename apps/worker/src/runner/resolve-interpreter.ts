import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';

/** The words that start a script (its file follows them), or why they cannot. */
export type Interpreter = { words: string[] } | { problem: string };

const NAMED_SHELLS = new Map<string, string[]>([
  ['sh', ['/bin/sh', '-e']],
  ['bash', ['bash', '--noprofile', '--norc', '-e']],
  ['dash', ['dash', '-e']],
  ['zsh', ['zsh', '-f', '-e']],
  ['ksh', ['ksh', '-e']],
]);

/**
 * Makes the function that finds the interpreter of a script. The `#!` line is read here and not by the kernel: the script's
 * file then needs no right to be executed, and what is wrong is said in words instead of a bare 126 or 127.
 * What was found is remembered; if it vanishes later, the start of the script fails and says so.
 */
export function createInterpreterResolver(
  path: string,
): (script: string, shell: string | null) => Promise<Interpreter> {
  const known = new Map<string, string>();
  return async (script, shell) => {
    const chosen = chooseWords(script, shell);
    if ('problem' in chosen) return chosen;
    const [program = '', ...rest] = chosen.words;
    const found = known.get(program) ?? (await findProgram(program, path));
    if (found === null)
      return { problem: `interpreter not found: ${chosen.origin} names "${program}" (PATH is ${path})` };
    if (!known.has(program)) {
      const problem = await explainUnusable(found);
      if (problem !== null)
        return { problem: `interpreter cannot be used: ${chosen.origin} names "${program}", ${problem}` };
      known.set(program, found);
    }
    const looksUp = namedThroughEnv(found, rest);
    if (looksUp !== null && !known.has(looksUp)) {
      const target = await findProgram(looksUp, path);
      if (target === null)
        return { problem: `interpreter not found: ${chosen.origin} names "${looksUp}" (PATH is ${path})` };
      known.set(looksUp, target);
    }
    return { words: [found, ...rest] };
  };
}

function chooseWords(script: string, shell: string | null): { words: string[]; origin: string } | { problem: string } {
  if (shell !== null) {
    const words = NAMED_SHELLS.get(shell) ?? shell.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) return { problem: 'the shell is blank: expected the name of a shell or an interpreter' };
    return { words, origin: `the shell "${shell}"` };
  }
  if (!script.startsWith('#!')) return { words: ['/bin/sh', '-e'], origin: 'the default shell' };
  const line = script.slice(2, lineEnd(script));
  // As the kernel reads it: the program, then all the rest as one argument.
  const match = /^[ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/s.exec(line);
  const program = match?.[1] ?? '';
  if (!program.includes('/')) {
    return { problem: `the #! line must name the path of an interpreter, found "${line.trim()}"` };
  }
  if (line.includes('\r')) return { problem: 'the #! line ends with a carriage return: the script has DOS line ends' };
  return { words: match?.[2] ? [program, match[2]] : [program], origin: 'the #! line' };
}

/** `#!/usr/bin/env python3`: what env will look for, so that its absence is told as such and not as env's bare 127. */
function namedThroughEnv(program: string, rest: string[]): string | null {
  const [target] = rest;
  const isPlain = target !== undefined && basename(program) === 'env' && /^[^-=\s][^=\s]*$/.test(target);
  return isPlain ? target : null;
}

function lineEnd(script: string): number {
  const end = script.indexOf('\n');
  return end === -1 ? script.length : end;
}

async function findProgram(program: string, path: string): Promise<string | null> {
  const candidates = program.includes('/') ? [program] : path.split(delimiter).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    if (candidate.startsWith('/') && (await isProgram(candidate))) return candidate;
  }
  return null;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Absent, a broken link, or not ours to execute: in each case PATH's next folder is looked at.
    return false;
  }
}

/** A shell runs a file of unknown format as a shell script; that would turn a broken interpreter into nonsense. */
async function explainUnusable(file: string): Promise<string | null> {
  let head: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      head = (await handle.read(Buffer.alloc(4), 0, 4, 0)).buffer;
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A program may be executable and not readable; then its format is the kernel's to judge.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw error;
  }
  const isKnown = head.toString('latin1') === '\x7fELF' || head.toString('latin1', 0, 2) === '#!';
  return isKnown ? null : 'which is neither a program for this system nor a script with a #! line';
}
