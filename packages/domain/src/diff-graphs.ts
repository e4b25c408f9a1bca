import type { EdgeDefinition, GraphDefinition, VertexDefinition } from './graph-definition.ts';
import { toVertexDocument } from './graph-definition-document.ts';
import type { JsonValue } from './parameters-value.ts';

/** A graph as it is stored: vertices have ids, which they keep over all versions. */
export interface DiffableGraph extends Omit<GraphDefinition, 'vertices'> {
  vertices: readonly (VertexDefinition & { id: number })[];
}

/** A field in the form of documents; null where it has its default. */
export interface FieldChange {
  field: string;
  before: JsonValue;
  after: JsonValue;
}

export interface NamedVertex {
  id: number;
  name: string;
}

/** Ends by name: of the newer graph where it has them. */
export type NamedEdge = Pick<EdgeDefinition, 'tail' | 'head'>;

/** What leads from one graph to another; all empty where they say the same. */
export interface GraphDiff {
  header: FieldChange[];
  vertices: {
    added: NamedVertex[];
    removed: NamedVertex[];
    /** By their names in the newer graph; a renamed vertex has the field `name`. */
    changed: (NamedVertex & { fields: FieldChange[] })[];
  };
  edges: { added: EdgeDefinition[]; removed: EdgeDefinition[]; changed: (NamedEdge & { fields: FieldChange[] })[] };
}

const HEADER_FIELDS = ['name', 'description', 'onFailure', 'timeoutMs', 'limit'] as const;

/**
 * Compares two graphs, usually two versions of one: vertices by id, edges by the ids of their ends, so that a new name of a
 * vertex is one change and no more. The order of vertices, edges and fields says nothing. Linear in both.
 */
export function diffGraphs(older: DiffableGraph, newer: DiffableGraph): GraphDiff {
  const before = new Map(older.vertices.map((vertex) => [vertex.id, vertex]));
  const after = new Map(newer.vertices.map((vertex) => [vertex.id, vertex]));
  return {
    header: HEADER_FIELDS.flatMap((field) => changeOf(field, older[field], newer[field])),
    vertices: {
      added: newer.vertices.filter(({ id }) => !before.has(id)).map(nameOf),
      removed: older.vertices.filter(({ id }) => !after.has(id)).map(nameOf),
      changed: newer.vertices.flatMap((vertex) => {
        const fields = diffVertices(before.get(vertex.id), vertex);
        return fields.length === 0 ? [] : [{ ...nameOf(vertex), fields }];
      }),
    },
    edges: diffEdges(older, newer),
  };
}

function nameOf({ id, name }: NamedVertex): NamedVertex {
  return { id, name };
}

function diffVertices(older: VertexDefinition | undefined, newer: VertexDefinition): FieldChange[] {
  if (older === undefined) return [];
  const before = new Map(Object.entries(toVertexDocument(older)));
  const after = new Map(Object.entries(toVertexDocument(newer)));
  const fields = new Set([...before.keys(), ...after.keys()]);
  return [...fields].flatMap((field) => changeOf(field, before.get(field), after.get(field)));
}

function diffEdges(older: DiffableGraph, newer: DiffableGraph): GraphDiff['edges'] {
  const before = edgesByEnds(older);
  const after = edgesByEnds(newer);
  return {
    added: [...after].filter(([ends]) => !before.has(ends)).map(([, edge]) => edge),
    removed: [...before].filter(([ends]) => !after.has(ends)).map(([, edge]) => edge),
    changed: [...after].flatMap(([ends, { tail, head, when }]) => {
      const fields = changeOf('when', (before.get(ends) ?? { when }).when, when);
      return fields.length === 0 ? [] : [{ tail, head, fields }];
    }),
  };
}

/** Without what else a stored edge has. */
function edgesByEnds({ vertices, edges }: DiffableGraph): Map<string, EdgeDefinition> {
  const idOf = new Map(vertices.map(({ id, name }) => [name, id]));
  return new Map(edges.map(({ tail, head, when }) => [`${idOf.get(tail)} ${idOf.get(head)}`, { tail, head, when }]));
}

function changeOf(field: string, before: unknown, after: unknown): FieldChange[] {
  const change = { field, before: toJson(before), after: toJson(after) };
  return spell(change.before) === spell(change.after) ? [] : [change];
}

function toJson(value: unknown): JsonValue {
  return (value ?? null) as JsonValue;
}

/** Equal texts: equal values, whatever the order of their keys. */
function spell(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: JsonValue) => {
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isObject ? Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)) : inner;
  });
}
