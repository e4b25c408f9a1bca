import { stringify } from 'yaml';
import type {
  GatePolicy,
  GraphDefinition,
  GraphDocument,
  MapPolicy,
  SubPipelinePolicy,
  VertexDefinition,
  VertexDocument,
} from './graph-definition.ts';
import { DEFAULT_GATE, DEFAULT_MAP, DEFAULT_POLICIES } from './graph-definition.ts';
import type { ParameterDeclarations } from './parameters-declaration.ts';
import type { ParameterDeclaration } from './parameters-value.ts';
import { PLAIN_DECLARATION } from './parameters-value.ts';

/**
 * The inverse of parseGraphDocument: the document form, defaults left out. Parsing it gives the same definition again.
 */
export function toGraphDocument(definition: GraphDefinition): GraphDocument {
  const { name, vertices, edges, ...header } = definition;
  return {
    name,
    ...withoutDefaults(pickHeader(header), HEADER_DEFAULTS),
    vertices: vertices.map(toVertexDocument),
    edges: edges.map(({ tail, head, when }) => (when === null ? [tail, head] : { tail, head, when })),
  };
}

const HEADER_DEFAULTS = { description: null, onFailure: null, timeoutMs: null, limit: null };
type Header = Pick<GraphDefinition, keyof typeof HEADER_DEFAULTS>;

/** A graph of the database has more fields than its definition. */
function pickHeader({ description, onFailure, timeoutMs, limit }: Header): Header {
  return { description, onFailure, timeoutMs, limit };
}

/** One vertex in the document form, defaults left out. */
export function toVertexDocument(vertex: VertexDefinition): VertexDocument {
  const { name, description, input, script, next, policies } = vertex;
  const { gate, map, pipeline, ...plain } = policies;
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(Object.keys(input).length === 0 ? {} : { input: toDeclarationDocuments(input) }),
    ...(script === '' && pipeline !== null ? {} : { script: needsForm(script) ? { script } : script }),
    ...(next.length === 0 ? {} : { next }),
    ...withoutDefaults(plain, DEFAULT_POLICIES),
    ...(gate === null ? {} : { gate: toGateDocument(gate) }),
    ...(map === null ? {} : { map: { over: map.over, ...withoutDefaults<Partial<MapPolicy>>(map, DEFAULT_MAP) } }),
    ...(pipeline === null ? {} : { pipeline: toPipelineDocument(pipeline) }),
  };
}

function toGateDocument({ form, ...gate }: GatePolicy): NonNullable<VertexDocument['gate']> {
  return {
    ...withoutDefaults(gate, DEFAULT_GATE),
    ...(Object.keys(form).length === 0 ? {} : { form: toDeclarationDocuments(form) }),
  };
}

function toPipelineDocument({ graph, params, outputs }: SubPipelinePolicy): NonNullable<VertexDocument['pipeline']> {
  return {
    graph,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(Object.keys(outputs).length === 0 ? {} : { outputs }),
  };
}

function toDeclarationDocuments(declarations: ParameterDeclarations): Record<string, Partial<ParameterDeclaration>> {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, toDeclarationDocument(declaration)]),
  );
}

/** A script that is JSON of the seed's form itself would be read as that form; a script in the form never is. */
function needsForm(script: string): boolean {
  return script.startsWith('{');
}

function toDeclarationDocument(declaration: ParameterDeclaration): Partial<ParameterDeclaration> {
  return withoutDefaults<Partial<ParameterDeclaration>>(declaration, PLAIN_DECLARATION);
}

function withoutDefaults<T extends object>(fields: T, defaults: Partial<T>): Partial<T> {
  const isDefault = (name: string, value: unknown): boolean => {
    const usual: unknown = Reflect.get(defaults, name);
    return value === usual || (Array.isArray(usual) && Array.isArray(value) && value.length === 0);
  };
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isDefault(name, value))) as Partial<T>;
}

/** The document as YAML text: scripts of several lines as blocks, nothing folded, no anchors. */
export function formatGraphYaml(document: GraphDocument): string {
  return stringify(document, { version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false });
}
