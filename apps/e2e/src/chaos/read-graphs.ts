import type { JoinName } from '../reference/reference-join.ts';
import { writesJournal } from './journal.ts';
import type { RecordedAnswer } from './record-answers.ts';

/** A graph as its document said, read apart from the product. */
export interface GraphFacts {
  vertices: ReadonlyMap<string, VertexFacts>;
  tails: ReadonlyMap<string, readonly string[]>;
}

export interface VertexFacts {
  join: JoinName;
  allowFailure: boolean;
  runs: 'script' | 'pipeline' | 'map';
  /** Its script, or that of each item, says in the journal that it came to its end. */
  isJournaled: boolean;
  /** Of a map: the items of its list where a person gives no other, and how many of them must succeed. */
  items: readonly unknown[];
  minSuccessPercent: number;
}

interface GraphBody {
  name: string;
  vertices: VertexBody[];
  edges?: (readonly [string, string] | { tail: string; head: string })[];
}

interface VertexBody {
  name: string;
  join?: JoinName;
  allowFailure?: boolean;
  script?: string;
  pipeline?: object | null;
  map?: { over: string; minSuccessPercent?: number } | null;
  input?: Readonly<Record<string, { default?: unknown }>>;
}

/** The graphs that were asked for, by name; of several versions the last. */
export function readGraphs(answers: readonly RecordedAnswer[]): Map<string, GraphFacts> {
  const graphs = new Map<string, GraphFacts>();
  for (const { method, path, body } of answers) {
    if (method !== 'POST' || path !== '/graphs') continue;
    const graph = body as GraphBody;
    const tails = new Map<string, string[]>(graph.vertices.map(({ name }) => [name, []]));
    for (const edge of graph.edges ?? []) {
      const [tail, head] = 'tail' in edge ? [edge.tail, edge.head] : edge;
      tails.get(head)?.push(tail);
    }
    graphs.set(graph.name, { vertices: new Map(graph.vertices.map((one) => [one.name, readVertex(one)])), tails });
  }
  return graphs;
}

function readVertex(body: VertexBody): VertexFacts {
  const { join = 'none_failed_min_one_success', allowFailure = false, script = '', pipeline, map, input } = body;
  const list = map == null ? [] : input?.[map.over]?.default;
  return {
    join,
    allowFailure,
    runs: map != null ? 'map' : pipeline != null ? 'pipeline' : 'script',
    isJournaled: pipeline == null && writesJournal(script),
    items: Array.isArray(list) ? list : [],
    minSuccessPercent: map?.minSuccessPercent ?? 100,
  };
}
