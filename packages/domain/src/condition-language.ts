import type { ASTNode } from '@marcbachmann/cel-js';
import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { explainBadPattern } from './parameters-value.ts';

/**
 * The part of CEL that conditions may use, and what an expression names.
 *
 * An expression comes from whoever writes graphs, and is decided inside of a transaction: its work must be bounded. The
 * library bounds what it parses (nodes, depth, literals), not what it does. So only functions whose work is linear in their
 * arguments are let through; texts and lists grow only by a few `+`; `all`, `exists`, `exists_one` and `filter` are not nested, go over
 * one value as it is, and look at nothing but their item, so that all their rounds together are linear in that value too.
 * Left out for that: map() and cel.bind() (each doubles what it is given), split() and join(), durations (their parser is
 * cubic in the library), and regular expressions of JavaScript (they backtrack): matches() is RE2 here, its pattern a literal.
 */

/** What an expression names; `problem`: what is not let through, null where nothing is. */
export interface NamesInCondition {
  /** Of outputs and states, in order of appearance. */
  vertices: string[];
  parameters: string[];
  problem: string | null;
  /** Of all its patterns together: what they cost to read, and to look for. */
  patternSteps: number;
  /** Nodes of the expression: the most that may be done for one item of a list. */
  operations: number;
}

const ROOTS: ReadonlySet<string> = new Set(['params', 'outputs', 'states']);
const FUNCTIONS: ReadonlySet<string> = new Set(['has', 'size', 'int', 'double', 'string', 'bool']);
const METHODS: ReadonlySet<string> = new Set(
  'size startsWith endsWith contains matches indexOf lastIndexOf substring lowerAscii upperAscii trim'.split(' '),
);
const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter']);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** Of all patterns of one expression together. */
const MAX_PATTERN_STEPS = 200;
/** Each copies both lists. */
const MAX_ADDITIONS = 20;
/** How matches() is called inside: the library's own cannot be replaced under its name. */
const SAFE_MATCHES = 'matchesPattern';

const LIMITS = { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 3 };
const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

export const conditionEnvironment = createEnvironment();

function createEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
    .registerVariable('params', 'map<string, dyn>')
    .registerVariable('outputs', 'map<string, map<string, string>>')
    .registerVariable('states', 'map<string, string>')
    .registerFunction(`string.${SAFE_MATCHES}(string): bool`, (text: string, pattern: string) =>
      compilePattern(pattern).matcher(text).find(),
    );
  // JSON knows one kind of number: 2 and 2.5 may be values of the same parameter.
  for (const [operator, compute] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`int ${operator} double`, (left: bigint, right: number) =>
      compute(Number(left), right),
    );
    environment.registerOperator(`double ${operator} int`, (left: number, right: bigint) =>
      compute(left, Number(right)),
    );
  }
  return environment.registerOperator('int == double', (left: bigint, right: number) => Number(left) === right);
}

/** Finds what an expression names, and the first thing in it that is not let through. Readies it for evaluation. */
export function nameCondition(expression: ASTNode): NamesInCondition {
  const names = { vertices: new Set<string>(), parameters: new Set<string>() };
  const state = { ...names, patternSteps: 0, additions: 0, operations: 0 };
  const problem = walk(expression, OUTSIDE, state);
  const { patternSteps, operations } = state;
  return { vertices: [...names.vertices], parameters: [...names.parameters], problem, patternSteps, operations };
}

/** Where in the expression: `item` is the name that a macro gives to what it looks at, null outside of macros. */
interface Place {
  item: string | null;
}
const OUTSIDE: Place = { item: null };

interface WalkState {
  vertices: Set<string>;
  parameters: Set<string>;
  patternSteps: number;
  additions: number;
  operations: number;
}

function walk(node: ASTNode, place: Place, state: WalkState): string | null {
  state.operations += 1;
  const member = readMember(node);
  if (member !== null) return noteMember(node, member, { place, state });
  switch (node.op) {
    case '+':
      state.additions += 1;
      if (state.additions > MAX_ADDITIONS)
        return `expected at most ${MAX_ADDITIONS} additions in one condition, found more`;
      return walkAll(node.args, () => place, state);
    case 'id':
      return refuseName(node.args, place);
    case 'value':
      return node.args instanceof Uint8Array ? 'expected no bytes in a condition, found some' : null;
    case 'call':
    case 'rcall':
      return walkCall(node, place, state);
    default:
      return walkAll(childrenOf(node), COMPARISONS.has(node.op) ? outsideOf(node, place) : () => place, state);
  }
}

function walkAll(nodes: readonly ASTNode[], placeOf: (node: ASTNode) => Place, state: WalkState): string | null {
  for (const node of nodes) {
    const problem = walk(node, placeOf(node), state);
    if (problem !== null) return problem;
  }
  return null;
}

function refuseName(name: string, { item }: Place): string | null {
  if (name === item) return null;
  if (!ROOTS.has(name)) return `expected ${describeRoots()}, found ${name}`;
  return `expected ${name} with a name written out, such as ${name}.A or ${name}["my name"], found it without`;
}

function describeRoots(): string {
  return 'params.<parameter>, outputs.<vertex>.<key> or states.<vertex>';
}

interface Member {
  root: string;
  name: string;
}

/** `params.x`, `outputs["my vertex"]`: what every way into the values begins with; null for all else. */
function readMember(node: ASTNode): Member | null {
  if (node.op !== '.' && node.op !== '[]') return null;
  const [base, key] = node.args;
  const name = typeof key === 'string' ? key : key.op === 'value' ? key.args : null;
  return base.op === 'id' && ROOTS.has(base.args) && typeof name === 'string' ? { root: base.args, name } : null;
}

function noteMember(
  node: ASTNode,
  { root, name }: Member,
  { place, state }: { place: Place; state: WalkState },
): string | null {
  (root === 'params' ? state.parameters : state.vertices).add(name);
  if (place.item === null) return null;
  const text = node.input.slice(node.start, node.end);
  return `expected only ${place.item} to be looked at for each item, or to be compared with another value, found ${text}`;
}

/** An item may be compared with a value from outside: no comparison takes longer than its smaller side. */
function outsideOf(comparison: ASTNode, place: Place): (side: ASTNode) => Place {
  const outside = childrenOf(comparison).filter(isPathFromRoot);
  return (side) => (outside.length === 1 && outside[0] === side ? OUTSIDE : place);
}

/** `params.a.b[0]` */
function isPathFromRoot(node: ASTNode): boolean {
  let step = node;
  while ((step.op === '.' || step.op === '[]') && readMember(step) === null) step = step.args[0];
  return readMember(step) !== null;
}

function walkCall(node: ASTNode & { op: 'call' | 'rcall' }, place: Place, state: WalkState): string | null {
  const [name, ...rest] = node.args;
  const operands = rest.flat();
  if (node.op === 'rcall' && MACROS.has(name)) return walkMacro(node.args, place, state);
  const known = node.op === 'call' ? FUNCTIONS : METHODS;
  if (!known.has(name)) {
    return `expected one of ${[...known].join(', ')}${node.op === 'call' ? '' : `, ${[...MACROS].join(', ')}`}, found ${name}()`;
  }
  if (name === 'matches') {
    const problem = readPattern(operands[1], state);
    if (problem !== null) return problem;
    node.args[0] = SAFE_MATCHES;
  }
  return walkAll(operands, () => place, state);
}

function readPattern(pattern: ASTNode | undefined, state: WalkState): string | null {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    return 'expected the pattern of matches() as a text in the expression itself, found something else';
  }
  const bad = explainBadPattern(pattern.args);
  if (bad !== null) {
    state.patternSteps += pattern.args.length;
    return `expected a regular expression of RE2 in matches(), found: ${bad}`;
  }
  state.patternSteps += compilePattern(pattern.args).programSize();
  return state.patternSteps > MAX_PATTERN_STEPS
    ? `expected patterns of at most ${MAX_PATTERN_STEPS} steps in one condition, found ${state.patternSteps}`
    : null;
}

/** In order of their last use: an item of a list after the other is held against one pattern. */
const compiledPatterns = new Map<string, RE2JS>();
const MAX_COMPILED_PATTERNS = 1000;

function compilePattern(pattern: string): RE2JS {
  const compiled = compiledPatterns.get(pattern) ?? RE2JS.compile(pattern);
  compiledPatterns.delete(pattern);
  compiledPatterns.set(pattern, compiled);
  const [oldest] = compiledPatterns.keys();
  if (compiledPatterns.size > MAX_COMPILED_PATTERNS && oldest !== undefined) compiledPatterns.delete(oldest);
  return compiled;
}

function walkMacro([name, range, operands]: [string, ASTNode, ASTNode[]], place: Place, state: WalkState) {
  const [variable, predicate] = operands as [ASTNode, ASTNode];
  if (place.item !== null) return `expected ${name}() not to be inside of another such call, found it there`;
  if (!isPathFromRoot(range) && !isMacroCall(range)) {
    return `expected ${name}() of one value, such as params.hosts.${name}(...), found it of something else`;
  }
  // A macro that was parsed has a name there.
  const item = variable.args as string;
  if (ROOTS.has(item)) return `expected another name than ${item} for the items of ${name}(), found that`;
  return walk(range, OUTSIDE, state) ?? walk(predicate, { item }, state);
}

function isMacroCall(node: ASTNode): boolean {
  return node.op === 'rcall' && MACROS.has(node.args[0]);
}

/** Only for operations that are not read otherwise. */
function childrenOf(node: ASTNode): ASTNode[] {
  const operands: unknown[] = Array.isArray(node.args) ? node.args.flat() : [node.args];
  return operands.filter((inner): inner is ASTNode => typeof inner === 'object');
}
