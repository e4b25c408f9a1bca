import type { CST, Document, Pair } from 'yaml';
import { Composer, isMap, isNode, isScalar, isSeq, Parser } from 'yaml';
import type { Problem } from './errors.ts';
import { BatonError } from './errors.ts';
import { escapePointer } from './graph-definition-problems.ts';
import type { Places, TextFault } from './graph-document-json.ts';
import { MAX_DOCUMENT_DEPTH, scanJson } from './graph-document-json.ts';

/** A document as it was given, for saying where in it a problem stands. */
export interface DocumentSource {
  format: 'json' | 'yaml';
  text: string;
}

/** YAML's aliases may repeat at most so many nodes: "billion laughs" documents end here. */
const MAX_ALIASES = 100;

/**
 * Reads JSON. Duplicate keys and more than 100 levels are refused; `__proto__` is a key like any other, never a prototype.
 * @throws BatonError malformed_json with line and column
 */
export function parseJsonText(text: string): unknown {
  const fault = scanJson(text);
  if (fault !== null) throw malformed('malformed_json', text, fault);
  return JSON.parse(text);
}

/**
 * Reads one YAML 1.2 document of the core schema: no merge keys, no custom tags, no duplicate keys, few aliases.
 * @throws BatonError malformed_yaml with line and column
 */
export function parseYamlText(text: string): unknown {
  const document = readYaml(text);
  const fault = findYamlFault(document);
  if (fault !== null) throw malformed('malformed_yaml', text, fault);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw malformed('malformed_yaml', text, { message: `expected few aliases: ${String(cause)}`, offset: 0, cause });
  }
}

/**
 * Adds line and column to problems that have a pointer. A pointer to what is not there (a missing field) gets the place
 * of the nearest thing around it.
 * @returns new problems in the same order
 */
export function locateProblems(problems: readonly Problem[], source: DocumentSource): Problem[] {
  const places: Places = new Map(
    problems.flatMap(({ pointer }) => pointersAround(pointer)).map((step) => [step, null]),
  );
  if (places.size === 0) return [...problems];
  if (source.format === 'json') scanJson(source.text, places);
  else findPlacesInYaml(source.text, places);
  const lineStarts = findLineStarts(source.text);
  return problems.map((problem) => {
    if (problem.pointer === undefined || problem.line !== undefined) return problem;
    // The document itself always has a place.
    const offset = pointersAround(problem.pointer)
      .map((step) => places.get(step))
      .find((place) => typeof place === 'number');
    return { ...problem, ...positionAt(lineStarts, offset as number) };
  });
}

/** The pointer itself, then those of the things around it, up to the whole document. */
function pointersAround(pointer: string | undefined): string[] {
  if (pointer === undefined) return [];
  const pointers: string[] = [];
  for (let around = pointer; around !== ''; around = around.slice(0, around.lastIndexOf('/'))) pointers.push(around);
  return [...pointers, ''];
}

function findPlacesInYaml(text: string, places: Places): void {
  for (const { pointer, offset } of walkYaml(readYaml(text), (inner) => places.has(inner))) places.set(pointer, offset);
}

interface YamlPlace {
  node: unknown;
  pointer: string;
  offset: number;
}

/**
 * Every node whose pointer is wanted, together with all around it; aliases are not followed.
 */
function* walkYaml(document: Document, isWanted: (pointer: string) => boolean): Generator<YamlPlace> {
  const left: YamlPlace[] = [{ node: document.contents, pointer: '', offset: 0 }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { node, pointer } = place;
    const offset = offsetOf(node) ?? place.offset;
    yield { node, pointer, offset };
    const enter = (step: string, inner: unknown): void => {
      const innerPointer = `${pointer}/${escapePointer(step)}`;
      if (isWanted(innerPointer)) left.push({ node: inner, pointer: innerPointer, offset });
    };
    if (isSeq(node)) node.items.forEach((item, index) => enter(String(index), item));
    if (isMap(node)) for (const { key, value } of node.items) if (isScalar(key)) enter(String(key.value), value);
  }
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/**
 * Composes a document. Its depth is measured on the tokens, which are made without recursion: the package's composer
 * recurses, and a short text of extreme depth would not throw there but end the process.
 * Duplicate keys are looked for by findYamlFault: the package's own search is quadratic in the size of a map.
 */
function readYaml(text: string): Document {
  const tokens = [...new Parser().parse(text)];
  const tooDeep = findDeepToken(tokens);
  if (tooDeep !== null) throw malformed('malformed_yaml', text, tooDeep);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const [document, another] = [...composer.compose(tokens, true, text.length)];
  if (another !== undefined) {
    throw malformed('malformed_yaml', text, {
      message: 'expected one document, found another',
      offset: another.range[0],
    });
  }
  return document as Document;
}

function findDeepToken(tokens: readonly CST.Token[]): TextFault | null {
  const left = tokens.map((token): { token: CST.Token | null | undefined; depth: number } => ({ token, depth: 0 }));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') left.push({ token: token.value, depth });
    if (token === null || token === undefined || !('items' in token)) continue;
    if (depth === MAX_DOCUMENT_DEPTH) {
      return { message: `expected at most ${MAX_DOCUMENT_DEPTH} levels`, offset: token.offset };
    }
    for (const { key, value } of token.items)
      left.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
  }
  return null;
}

function findYamlFault(document: Document): TextFault | null {
  const trouble = document.errors[0] ?? document.warnings[0];
  if (trouble !== undefined) return { message: trouble.message, offset: trouble.pos[0] };
  for (const { node } of walkYaml(document, () => true)) {
    const fault = isMap(node) ? findBadKey(node.items) : null;
    if (fault !== null) return fault;
  }
  return null;
}

function findBadKey(items: readonly Pair[]): TextFault | null {
  const names = new Set<string>();
  for (const { key } of items) {
    // Keys that were read from a text are nodes, and have a place in it.
    const offset = offsetOf(key) as number;
    if (!isScalar(key)) return { message: 'expected plain keys, found a collection or an alias as a key', offset };
    const name = String(key.value);
    if (names.has(name))
      return { message: `expected each key once in its map, found ${JSON.stringify(name)} again`, offset };
    names.add(name);
  }
  return null;
}

function malformed(
  code: 'malformed_json' | 'malformed_yaml',
  text: string,
  fault: TextFault & { cause?: unknown },
): BatonError {
  const place = positionAt(findLineStarts(text), fault.offset);
  const problem: Problem = { code, message: fault.message, ...place };
  const detail = `line ${place.line}, column ${place.column}: ${fault.message}`;
  return new BatonError(code, detail, { problems: [problem], cause: fault.cause });
}

/** Offsets at which lines begin; LF, CRLF and CR each end one. */
export function findLineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Line and column, 1-based, of an offset, by binary search. */
export function positionAt(lineStarts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] as number) + 1 };
}
