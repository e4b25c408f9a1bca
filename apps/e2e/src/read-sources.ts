import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync } from '@swc/core';

/** One TypeScript file of ours, with what the rules of the house ask of it. */
export interface SourceFile {
  /** From the root, e.g. `packages/domain/src/errors.ts`. */
  path: string;
  /** e.g. `packages/domain`. */
  room: string;
  /** Tests and their helpers may import more. */
  isTest: boolean;
  lines: number;
  /** What it imports, as written. */
  imports: string[];
  functions: { name: string; lines: number; parameters: number }[];
  text: string;
}

export const ROOT = join(import.meta.dirname, '../../..');

export function readSources(): SourceFile[] {
  return ['packages', 'apps'].flatMap((wing) =>
    readdirSync(join(ROOT, wing)).flatMap((room) => readRoom(`${wing}/${room}`)),
  );
}

function readRoom(room: string): SourceFile[] {
  const directory = join(ROOT, room, 'src');
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => readSource(room, join(entry.parentPath, entry.name)));
}

function readSource(room: string, file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const path = relative(ROOT, file);
  const isTest = /\.test\.tsx?$|\/testing[^/]*\.ts$|\/testing\/|^apps\/e2e\//.test(path);
  return {
    path,
    room,
    isTest,
    text,
    lines: text.split('\n').length - 1,
    ...readSyntax(text),
  };
}

interface Syntax {
  type?: string;
  span?: { start: number; end: number };
  params?: unknown[];
  body?: unknown;
  identifier?: { value?: string };
  key?: { value?: string };
  [field: string]: unknown;
}

const FUNCTION_TYPES = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

function readSyntax(text: string): Pick<SourceFile, 'imports' | 'functions'> {
  // Offsets count bytes from where the parser's other files of this process ended: the first statement, ours, says where.
  const marked = `0;${text}`;
  const bytes = Buffer.from(marked);
  const program = parseSync(marked, { syntax: 'typescript', target: 'es2022' });
  const base = program.body[0]?.span.start ?? 0;
  const functions: SourceFile['functions'] = [];
  const imports: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    const syntax = node as Syntax;
    const source = importedBy(syntax);
    if (source !== null) imports.push(source);
    const span = syntax.span ?? (syntax['function'] as Syntax | undefined)?.span;
    if (syntax.type !== undefined && FUNCTION_TYPES.has(syntax.type) && span !== undefined) {
      const code = bytes.subarray(span.start - base, span.end - base).toString();
      const parameters = syntax.params ?? (syntax['function'] as Syntax | undefined)?.params ?? [];
      const name = syntax.identifier?.value ?? syntax.key?.value ?? code.slice(0, 40).split('\n')[0] ?? '';
      functions.push({ name, lines: code.split('\n').length, parameters: parameters.length });
    }
    Object.values(syntax).forEach(visit);
  };
  visit(program.body);
  return { imports, functions };
}

/** The module that a piece of syntax imports: `import`, `export ... from`, `import()`. */
function importedBy(syntax: Syntax): string | null {
  const { source, callee } = syntax as { source?: { value?: string } | null; callee?: Syntax };
  if (/^(Import|Export)\w*Declaration$/.test(syntax.type ?? '')) return source?.value ?? null;
  if (syntax.type !== 'CallExpression' || callee?.type !== 'Import') return null;
  const [argument] = syntax['arguments'] as { expression: { value?: string } }[];
  return argument?.expression.value ?? null;
}
