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

  /** @param bytes what it takes, see estimateGraph */
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
 * What estimateGraph counts with, as measured with Node 20: the objects of a vertex with its place in the map; the head
 * of a text, a byte a character beside it; an edge at both its ends; what JSON becomes, for each byte of its text.
 */
const GRAPH_BYTES = 1024;
const VERTEX_BYTES = 280;
const TEXT_BYTES = 24;
const EDGE_BYTES = 24;
const JSON_FACTOR = 4;

/** Estimates the memory that the graph of rows takes, row by row; parts that are the same count once, see createVertexReader. */
export interface GraphEstimate {
  addVertex(row: VertexRow): void;
  addEdge(edge: { when: string | null }): void;
  /** So far. */
  readonly bytes: number;
}

export function estimateGraph(): GraphEstimate {
  const texts = new Set<string>();
  const jsons = new Set<string>();
  let bytes = GRAPH_BYTES;
  const addOnce = (known: Set<string>, text: string, size: number): void => {
    if (!known.has(text)) bytes += TEXT_BYTES + size;
    known.add(text);
  };
  return {
    addVertex({ name, description, script, input, next, policies }) {
      bytes += VERTEX_BYTES + TEXT_BYTES + name.length + (description?.length ?? 0);
      addOnce(texts, script, script.length);
      for (const json of [input, next, policies]) if (json !== null) addOnce(jsons, json, JSON_FACTOR * json.length);
    },
    addEdge({ when }) {
      bytes += EDGE_BYTES + (when?.length ?? 0);
    },
    get bytes() {
      return bytes;
    },
  };
}

/** @returns bytes of memory that the graph of a map's items takes, which share all but their names */
export function estimateMapBytes(items: Iterable<{ name: string }>): number {
  let bytes = GRAPH_BYTES;
  for (const { name } of items) bytes += VERTEX_BYTES + TEXT_BYTES + name.length;
  return bytes;
}
