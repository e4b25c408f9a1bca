import { LRUCache } from 'lru-cache';
import type { VertexRow } from './vertex-rows.ts';

/** What graphs may take in one process; bytes, by our estimate of them. */
export interface GraphCacheLimits {
  /** All of them. One that is larger by itself is kept as long as it is the last that was used. */
  maxBytes: number;
  /** So far those go that were not used for `inUseMs`: what is under way is not read again and again for what has ended. */
  idleBytes: number;
  inUseMs: number;
}

/** A graph of 100,000 vertices and 300,000 edges takes about 45 MB. What a schedule starts every minute is in use. */
const LIMITS: GraphCacheLimits = { maxBytes: 256 * 2 ** 20, idleBytes: 16 * 2 ** 20, inUseMs: 120_000 };

/**
 * Sealed versions never change, so they are kept by a key that says which; the oldest go first.
 * Used up to `inUseMs` ago means under way: a process that runs one graph has one, however many it ran before.
 */
export class GraphCache<G extends object> {
  readonly #graphs: LRUCache<string, G>;
  readonly #limits: GraphCacheLimits;

  constructor(limits: GraphCacheLimits = LIMITS) {
    this.#limits = limits;
    this.#graphs = new LRUCache({
      maxSize: limits.maxBytes,
      ttl: limits.inUseMs,
      updateAgeOnGet: true,
      // Its age says which may go; by itself it does not make one go.
      allowStale: true,
      noDeleteOnStaleGet: true,
    });
  }

  get bytes(): number {
    return this.#graphs.calculatedSize;
  }

  get(key: string): G | undefined {
    return this.#graphs.get(key);
  }

  /** @param bytes what it takes, see estimateGraphBytes */
  set(key: string, graph: G, bytes: number): void {
    this.#graphs.set(key, graph, { size: Math.min(bytes, this.#limits.maxBytes) });
    while (this.bytes > this.#limits.idleBytes && this.#isOldestIdle()) this.#graphs.pop();
  }

  #isOldestIdle(): boolean {
    const [oldest] = this.#graphs.rkeys();
    return oldest !== undefined && this.#graphs.getRemainingTTL(oldest) <= 0;
  }
}

/*
 * What estimateGraphBytes counts with, as measured with Node 20: the objects of a vertex with its place in the map; the head
 * of a text, a byte a character beside it; an edge at both its ends; what JSON becomes, for each byte of its text.
 */
const GRAPH_BYTES = 1024;
const VERTEX_BYTES = 280;
const TEXT_BYTES = 24;
const EDGE_BYTES = 24;
const JSON_FACTOR = 4;

/** @returns bytes of memory that the graph of these rows takes; parts that are the same count once, see createVertexReader */
export function estimateGraphBytes(rows: readonly VertexRow[], edges: readonly { when: string | null }[]): number {
  const texts = new Set<string>();
  const jsons = new Set<string>();
  let bytes = GRAPH_BYTES;
  for (const { name, description, script, input, next, policies } of rows) {
    bytes += VERTEX_BYTES + TEXT_BYTES + name.length + (description?.length ?? 0);
    texts.add(script);
    for (const json of [input, next, policies]) if (json !== null) jsons.add(json);
  }
  for (const { when } of edges) bytes += EDGE_BYTES + (when?.length ?? 0);
  for (const text of texts) bytes += TEXT_BYTES + text.length;
  for (const json of jsons) bytes += TEXT_BYTES + JSON_FACTOR * json.length;
  return bytes;
}

/** @returns bytes of memory that the graph of a map's items takes, which share all but their names */
export function estimateMapBytes(items: Iterable<{ name: string }>): number {
  let bytes = GRAPH_BYTES;
  for (const { name } of items) bytes += VERTEX_BYTES + TEXT_BYTES + name.length;
  return bytes;
}
