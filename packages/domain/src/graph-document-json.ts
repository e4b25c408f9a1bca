import { escapePointer } from './graph-definition-problems.ts';

/**
 * A strict JSON scanner beside JSON.parse, for what that does not tell: where a text is wrong, which key stands twice,
 * and where the value of a JSON pointer begins. It keeps its own stack, so that no depth overflows it.
 */

/** Deeper documents are refused: no graph needs them, and readers further on may recurse. */
export const MAX_DOCUMENT_DEPTH = 100;

/** Pointers that are looked for, with those of all things around them; filled with offsets where they are found. */
export type Places = Map<string, number | null>;

/** The first thing that is wrong, at an offset into the text. */
export interface TextFault {
  message: string;
  offset: number;
}

interface Container {
  kind: 'object' | 'array';
  /** Pointer of the container; null where no place inside it is looked for. */
  pointer: string | null;
  keys: Set<string>;
  length: number;
}

interface Scan {
  text: string;
  offset: number;
  stack: Container[];
  /** Where the next value stands; null where it is not looked for. */
  pointer: string | null;
  places: Places;
}

const SPACE = /[ \t\n\r]*/y;
/** All but `"`, `\` and the control characters below U+0020; one class, so that a long text costs no backtracking. */
const PLAIN_CHARACTERS = /[ !#-[\]-\u{10ffff}]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * @param text the whole document
 * @param places filled with the offsets of the values whose JSON pointers it has as keys
 * @returns what is wrong first, null where the text is JSON without duplicate keys
 */
export function scanJson(text: string, places: Places = new Map()): TextFault | null {
  const scan: Scan = { text, offset: 0, stack: [], pointer: places.has('') ? '' : null, places };
  let fault = scanValue(scan);
  while (fault === null && scan.stack.length > 0) fault = scanNext(scan);
  if (fault !== null) return fault;
  skip(scan, SPACE);
  return scan.offset === text.length ? null : faultAt(scan, 'expected the end of the text');
}

/** A scalar as a whole, or the opening of a container, whose members follow by scanNext. */
function scanValue(scan: Scan): TextFault | null {
  skip(scan, SPACE);
  if (scan.pointer !== null) scan.places.set(scan.pointer, scan.offset);
  const character = scan.text[scan.offset];
  if (character === '{' || character === '[') {
    if (scan.stack.length === MAX_DOCUMENT_DEPTH) return faultAt(scan, `expected at most ${MAX_DOCUMENT_DEPTH} levels`);
    const kind = character === '{' ? 'object' : 'array';
    scan.stack.push({ kind, pointer: scan.pointer, keys: new Set(), length: 0 });
    scan.offset += 1;
    return null;
  }
  if (character === '"') return scanString(scan);
  return skip(scan, SCALAR) > 0 ? null : faultAt(scan, 'expected a JSON value');
}

/** The next member of the innermost container, or its end. */
function scanNext(scan: Scan): TextFault | null {
  const container = scan.stack[scan.stack.length - 1] as Container;
  const close = container.kind === 'object' ? '}' : ']';
  skip(scan, SPACE);
  if (scan.text[scan.offset] === close) {
    scan.offset += 1;
    scan.stack.pop();
    return null;
  }
  if (container.length > 0) {
    if (scan.text[scan.offset] !== ',') return faultAt(scan, `expected "," or "${close}"`);
    scan.offset += 1;
    skip(scan, SPACE);
  }
  const fault =
    container.kind === 'object' ? scanKey(scan, container) : pointAt(scan, container, String(container.length));
  container.length += 1;
  return fault ?? scanValue(scan);
}

function scanKey(scan: Scan, container: Container): TextFault | null {
  const start = scan.offset;
  if (scan.text[start] !== '"') return faultAt(scan, 'expected a key in double quotes');
  const fault = scanString(scan);
  if (fault !== null) return fault;
  const key = String(JSON.parse(scan.text.slice(start, scan.offset)));
  if (container.keys.has(key)) {
    scan.offset = start;
    return faultAt(scan, 'expected each key once in its object');
  }
  container.keys.add(key);
  skip(scan, SPACE);
  if (scan.text[scan.offset] !== ':') return faultAt(scan, 'expected ":"');
  scan.offset += 1;
  return pointAt(scan, container, key);
}

function pointAt(scan: Scan, container: Container, step: string): null {
  const pointer = container.pointer === null ? null : `${container.pointer}/${escapePointer(step)}`;
  scan.pointer = pointer !== null && scan.places.has(pointer) ? pointer : null;
  return null;
}

function scanString(scan: Scan): TextFault | null {
  scan.offset += 1;
  do skip(scan, PLAIN_CHARACTERS);
  while (skip(scan, ESCAPE) > 0);
  if (scan.text[scan.offset] !== '"') return faultAt(scan, 'expected the rest of a text in double quotes');
  scan.offset += 1;
  return null;
}

/** Moves over what the sticky pattern matches; returns how much. */
function skip(scan: Scan, pattern: RegExp): number {
  pattern.lastIndex = scan.offset;
  const length = pattern.exec(scan.text)?.[0].length ?? 0;
  scan.offset += length;
  return length;
}

function faultAt(scan: Scan, expected: string): TextFault {
  const character = scan.text.codePointAt(scan.offset);
  const found = character === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(character));
  return { message: `${expected}, found ${found}`, offset: scan.offset };
}
