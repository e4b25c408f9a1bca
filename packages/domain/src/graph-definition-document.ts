import { stringify } from 'yaml';
import type { GraphDefinition, GraphDocument, VertexDefinition, VertexDocument } from './graph-definition.ts';
import { DEFAULT_POLICIES } from './graph-definition.ts';
import type { ParameterDeclaration } from './parameters-value.ts';

/**
 * The inverse of parseGraphDocument: the document form, defaults left out. Parsing it gives the same definition again.
 */
export function toGraphDocument(definition: GraphDefinition): GraphDocument {
  const { name, description, onFailure, vertices, edges } = definition;
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(onFailure === null ? {} : { onFailure }),
    vertices: vertices.map(toVertexDocument),
    edges: edges.map(({ tail, head }) => [tail, head]),
  };
}

/** One vertex in the document form, defaults left out. */
export function toVertexDocument(vertex: VertexDefinition): VertexDocument {
  const { name, description, input, script, next, policies } = vertex;
  const names = Object.keys(input);
  const declarations = names.map((parameter) => [
    parameter,
    toDeclarationDocument(input[parameter] as ParameterDeclaration),
  ]);
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(names.length === 0 ? {} : { input: Object.fromEntries(declarations) }),
    script: needsForm(script) ? { script } : script,
    ...(next.length === 0 ? {} : { next }),
    ...withoutDefaults(policies, DEFAULT_POLICIES),
  };
}

/** A script that is JSON of the seed's form itself would be read as that form; a script in the form never is. */
function needsForm(script: string): boolean {
  return script.startsWith('{');
}

const DECLARATION_DEFAULTS = {
  required: false,
  choices: null,
  pattern: null,
  min: null,
  max: null,
  secret: false,
  description: null,
};

function toDeclarationDocument(declaration: ParameterDeclaration): Partial<ParameterDeclaration> {
  return withoutDefaults<Partial<ParameterDeclaration>>(declaration, DECLARATION_DEFAULTS);
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
