import { z } from 'zod';
import type { Problem } from './errors.ts';
import type { EdgeDefinition, GraphDefinition, VertexDefinition, VertexPolicies } from './graph-definition.ts';
import {
  DEFAULT_GATE,
  DEFAULT_MAP,
  DEFAULT_POLICIES,
  edgeDocumentSchema,
  edgeObjectSchema,
  graphHeaderFields,
  MAX_EDGES,
  MAX_VERTICES,
  scriptFormSchema,
  vertexDocumentSchema,
  vertexPatchSchema,
} from './graph-definition.ts';
import type { Parsed, PlacedProblem } from './graph-definition-problems.ts';
import { describeFound, describeIssues, isRecord } from './graph-definition-problems.ts';
import { scanJson } from './graph-document-json.ts';
import type { ParameterDeclarations } from './parameters-declaration.ts';
import { parseDeclarations } from './parameters-declaration.ts';

/** The fields of a graph that are not lists; the lists are read entry by entry, so that one bad entry hides no other. */
const headerSchema = z.strictObject({
  ...graphHeaderFields,
  vertices: z.array(z.unknown()).max(MAX_VERTICES).optional(),
  edges: z.array(z.unknown()).max(MAX_EDGES).optional(),
});

/** What a document says as far as it could be read, and all that is wrong with its form. */
export interface ReadGraph {
  /** Complete only where there are no problems: unreadable fields have their defaults, unreadable entries are left out. */
  definition: GraphDefinition;
  problems: Problem[];
}

/**
 * Reads a graph document (the value of JSON or YAML).
 * @returns the definition, or every problem of its form at once (`unknown_field`, `missing_field`, `invalid_field`,
 *   `bad_input`), each with a JSON pointer; whether the graph makes sense is checkGraph's question
 */
export function parseGraphDocument(document: unknown): Parsed<GraphDefinition> {
  const { definition, problems } = readGraphDocument(document);
  return problems.length === 0 ? { ok: true, value: definition } : { ok: false, problems };
}

/** As parseGraphDocument, but gives what could be read even of a bad document, so that the check can look at the rest. */
export function readGraphDocument(document: unknown): ReadGraph {
  const header = headerSchema.safeParse(document);
  const problems: Problem[] = header.success
    ? []
    : describeIssues(header.error.issues, { value: document, pointer: '' });
  const fields = isRecord(document) ? document : {};
  const vertices = listOf(fields['vertices'], MAX_VERTICES).flatMap((value, index) => {
    const read = readVertex(value, `/vertices/${index}`);
    problems.push(...read.problems);
    return read.vertex === null ? [] : [read.vertex];
  });
  const edges = listOf(fields['edges'], MAX_EDGES).flatMap((value, index) => {
    const read = parseEdge(value, `/edges/${index}`);
    if (!read.ok) problems.push(...read.problems);
    return read.ok ? [read.value] : [];
  });
  const { name = '', description, onFailure, timeoutMs, limit } = header.data ?? {};
  const definition: GraphDefinition = {
    name,
    description: description ?? null,
    onFailure: onFailure ?? null,
    timeoutMs: timeoutMs ?? null,
    limit: limit ?? null,
    vertices,
    edges,
  };
  return { definition, problems };
}

function listOf(value: unknown, limit: number): unknown[] {
  return Array.isArray(value) && value.length <= limit ? value : [];
}

/**
 * Reads one vertex of a document, or of a call that adds one.
 * @param pointer where it stands; '' for a document of its own
 */
export function parseVertex(value: unknown, pointer = ''): Parsed<VertexDefinition> {
  const { vertex, problems } = readVertex(value, pointer);
  return vertex !== null && problems.length === 0 ? { ok: true, value: vertex } : { ok: false, problems };
}

/** Reads one edge, `[tail, head]` or `{tail, head, when}`. */
export function parseEdge(value: unknown, pointer = ''): Parsed<EdgeDefinition> {
  const parsed = (isRecord(value) ? edgeObjectSchema : edgeDocumentSchema).safeParse(value);
  if (!parsed.success) return { ok: false, problems: describeIssues(parsed.error.issues, { value, pointer }) };
  const edge = parsed.data;
  const [tail, head] = Array.isArray(edge) ? edge : [edge.tail, edge.head];
  return { ok: true, value: { tail, head, when: Array.isArray(edge) ? null : (edge.when ?? null) } };
}

/** What a PATCH of a vertex changes: the fields that it named, in the definition's form. */
export interface VertexPatch extends Partial<Omit<VertexDefinition, 'policies'>> {
  policies: Partial<VertexPolicies>;
}

/** Reads a change of a vertex. Only given fields are in the result; null gives a field its default. */
export function parseVertexPatch(value: unknown, pointer = ''): Parsed<VertexPatch> {
  const parsed = vertexPatchSchema.safeParse(value);
  const formProblems = parsed.success ? [] : describeIssues(parsed.error.issues, { value, pointer });
  const fields = readFields(isRecord(value) ? value : {}, pointer);
  const problems = mergeProblems(formProblems, fields.problems);
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const given = parsed.data;
  const patch: VertexPatch = { policies: readPolicies(given, fields.form) };
  if (given.name !== undefined) patch.name = given.name;
  if (given.description !== undefined) patch.description = given.description;
  if (given.input !== undefined) patch.input = fields.input;
  if (given.script !== undefined) patch.script = fields.script;
  if (given.next !== undefined || fields.hasNextInScript) patch.next = fields.next;
  return { ok: true, value: patch };
}

function readVertex(value: unknown, pointer: string): { vertex: VertexDefinition | null; problems: Problem[] } {
  const parsed = vertexDocumentSchema.safeParse(value);
  const formProblems = parsed.success ? [] : describeIssues(parsed.error.issues, { value, pointer });
  const raw = isRecord(value) ? value : {};
  const { input, form, script, next, problems: fieldProblems } = readFields(raw, pointer);
  const problems = mergeProblems(formProblems, fieldProblems);
  if (isRecord(value) && isAbsent(raw['script']) && isAbsent(raw['pipeline'])) problems.push(noScript(pointer));
  const { name } = raw;
  if (typeof name !== 'string') return { vertex: null, problems };
  const given = parsed.data;
  const policies = { ...DEFAULT_POLICIES, labels: [], pools: [], ...readPolicies(given ?? {}, form) };
  const vertex = { name, description: given?.description ?? null, input, script, next, policies };
  return { vertex, problems: problems.map((problem) => ({ ...problem, vertices: [name] })) };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function noScript(pointer: string): Problem {
  const message = 'expected a script, or a pipeline instead of it, found neither';
  return { code: 'missing_field', message, pointer: `${pointer}/script` };
}

/** Where a declaration is bad, the schema and parseDeclarations both say so: the latter says it better. */
function mergeProblems(formProblems: readonly PlacedProblem[], fieldProblems: readonly Problem[]): Problem[] {
  const isSaidBetter = ({ pointer }: PlacedProblem): boolean =>
    fieldProblems.some((problem) => problem.pointer !== undefined && isWithin(problem.pointer, pointer));
  return [...formProblems.filter((problem) => !isSaidBetter(problem)), ...fieldProblems];
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

interface Fields {
  input: ParameterDeclarations;
  /** Of its gate. */
  form: ParameterDeclarations;
  script: string;
  next: (string | number)[];
  hasNextInScript: boolean;
  problems: Problem[];
}

/** The fields that have several forms. What the schema refuses already is passed over here. */
function readFields(raw: Record<string, unknown>, pointer: string): Fields {
  const { declarations: input, problems } = readInput(raw['input'], `${pointer}/input`);
  const gate = isRecord(raw['gate']) ? raw['gate'] : {};
  const { declarations, problems: formProblems } = parseDeclarations(gate['form'] ?? {}, `${pointer}/gate/form`);
  problems.push(...formProblems);
  const form = readScriptForm(raw['script'], `${pointer}/script`);
  problems.push(...form.problems);
  const hasNextInScript = form.next !== undefined;
  if (hasNextInScript && raw['next'] !== undefined) {
    const message = `expected next once, found it in script and beside it: ${describeFound(raw['next'])}`;
    problems.push({ code: 'invalid_field', message, pointer: `${pointer}/next` });
  }
  const next = readNext(hasNextInScript ? form.next : raw['next']);
  return { input, form: declarations, script: form.script, next, hasNextInScript, problems };
}

function readInput(input: unknown, pointer: string): { declarations: ParameterDeclarations; problems: Problem[] } {
  if (typeof input !== 'string') {
    return isRecord(input) ? parseDeclarations(input, pointer) : { declarations: Object.create(null), problems: [] };
  }
  const read = readJson(input, pointer);
  return read.ok
    ? parseDeclarations(read.value, pointer)
    : { declarations: Object.create(null), problems: read.problems };
}

function readJson(text: string, pointer: string): Parsed<unknown> {
  const fault = scanJson(text);
  if (fault === null) return { ok: true, value: JSON.parse(text) };
  const message = `expected JSON, found at its character ${fault.offset + 1} that it is none: ${fault.message}`;
  return { ok: false, problems: [{ code: 'bad_input', message, pointer }] };
}

interface ScriptForm {
  script: string;
  next: unknown;
  problems: Problem[];
}

/**
 * A text is the seed's form as JSON exactly when its first character is `{` and the whole is JSON of an object that has
 * `script`. All other texts are scripts: `{ echo hi; }` is one.
 */
function readScriptForm(script: unknown, pointer: string): ScriptForm {
  if (typeof script !== 'string') {
    const form = scriptFormSchema.safeParse(script);
    return { script: form.data?.script ?? '', next: form.data?.next, problems: [] };
  }
  const value = script.startsWith('{') ? tryJson(script) : undefined;
  if (!isRecord(value) || !Object.hasOwn(value, 'script')) {
    return { script, next: undefined, problems: [] };
  }
  const form = scriptFormSchema.safeParse(value);
  const problems = form.success ? [] : describeIssues(form.error.issues, { value, pointer });
  return { script: form.data?.script ?? '', next: form.data?.next, problems };
}

function tryJson(text: string): unknown {
  const read = readJson(text, '');
  return read.ok ? read.value : undefined;
}

function readNext(next: unknown): (string | number)[] {
  const entries: unknown[] = Array.isArray(next) ? next : [next];
  return entries.filter((entry) => typeof entry === 'string' || typeof entry === 'number');
}

type PolicyDocument = z.output<typeof vertexPatchSchema>;
type PolicyFields = { [Field in keyof VertexPolicies]?: VertexPolicies[Field] | null | undefined };

/** The policies that were given; null is the default. */
function readPolicies(given: PolicyDocument, form: ParameterDeclarations): Partial<VertexPolicies> {
  const { gate, map, pipeline } = given;
  const read: PolicyFields = { ...given, gate: undefined, map: undefined, pipeline: undefined };
  if (gate !== undefined) read.gate = gate && { ...DEFAULT_GATE, ...withoutAbsent(gate), form };
  if (map !== undefined) read.map = map && { ...DEFAULT_MAP, ...withoutAbsent(map) };
  if (pipeline !== undefined) read.pipeline = pipeline && { params: {}, outputs: {}, ...withoutAbsent(pipeline) };
  const entries = POLICY_NAMES.flatMap((name) =>
    read[name] === undefined ? [] : [[name, read[name] ?? DEFAULT_POLICIES[name]] as const],
  );
  return Object.fromEntries(entries);
}

type Present<T> = { [Field in keyof T]: Exclude<T[Field], null | undefined> };

function withoutAbsent<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isAbsent(value))) as Present<T>;
}

const POLICY_NAMES = Object.keys(DEFAULT_POLICIES) as (keyof VertexPolicies)[];
