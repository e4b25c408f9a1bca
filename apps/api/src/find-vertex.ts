import type { GraphVertex, StoredGraph } from '@baton/database';
import { z } from 'zod';
import { findVertexId } from '@baton/claims';

/** A vertex as somebody names it. */
export const vertexReferenceSchema = z.union(
  [z.int().min(1), z.string().min(1).max(190)],
  'expected the name or the id of a vertex',
);

/**
 * @param reference an id (a number, or its digits: a name is never all digits) or a name
 * @returns the vertex that somebody means, or undefined where the graph has none
 */
export function findVertex(graph: StoredGraph, reference: string | number): GraphVertex | undefined {
  const isId = typeof reference === 'number' || /^\d+$/.test(reference);
  const id = isId ? Number(reference) : findVertexId(graph, reference);
  return id === null ? undefined : graph.vertices.get(id);
}
