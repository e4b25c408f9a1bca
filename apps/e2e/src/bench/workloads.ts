/** What is run and timed: graphs whose scripts take next to no time, so that what remains is the way between them. */
export interface Workload {
  id: string;
  title: string;
  graph: BenchGraph;
  /** Pipelines of it that are started at once. */
  copies: number;
}

/** As POST /graphs takes it. */
export interface BenchGraph {
  name: string;
  vertices: { name: string; script: string; maxOutputBytes?: number }[];
  edges: [string, string][];
}

const SCRIPT = 'true';

const W1 = { id: 'W1', title: '40 in a row', graph: makeChain(40), copies: 1 };
const W2 = { id: 'W2', title: '1 -> 1,000 -> 1', graph: makeFan(1000), copies: 1 };
const W3 = { id: 'W3', title: '200 diamonds at once', graph: makeDiamond(), copies: 200 };
const W4 = { id: 'W4', title: '10,000 in layers of 100', graph: makeLayers(100, 100), copies: 1 };
const W5 = { id: 'W5', title: '100,000 in layers of 100', graph: makeLayers(1000, 100), copies: 1 };
export const WORKLOADS: readonly Workload[] = [W1, W2, W3, W4, W5];

export function countTasks({ graph, copies }: Workload): number {
  return graph.vertices.length * copies;
}

function makeGraph(name: string, vertices: readonly string[], edges: [string, string][]): BenchGraph {
  return { name, vertices: vertices.map((vertex) => ({ name: vertex, script: SCRIPT })), edges };
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

export function makeChain(length: number): BenchGraph {
  const names = numbered('v', length);
  return makeGraph(
    `bench-chain-${length}`,
    names,
    names.slice(1).map((name, index) => [names[index] ?? '', name]),
  );
}

export function makeFan(width: number): BenchGraph {
  const middle = numbered('m', width);
  const edges = middle.flatMap((name): [string, string][] => [
    ['first', name],
    [name, 'last'],
  ]);
  return makeGraph(`bench-fan-${width}`, ['first', ...middle, 'last'], edges);
}

export function makeDiamond(): BenchGraph {
  return makeGraph(
    'bench-diamond',
    ['A', 'B', 'C', 'D'],
    [
      ['A', 'B'],
      ['A', 'C'],
      ['B', 'D'],
      ['C', 'D'],
    ],
  );
}

/** Each vertex but the first layer's has three predecessors, spread over the layer before it. */
export function makeLayers(layers: number, width: number): BenchGraph {
  const nameOf = (layer: number, place: number): string => `l${layer}-${place % width}`;
  const places = Array.from({ length: width }, (_, place) => place);
  const all = Array.from({ length: layers }, (_, layer) => layer);
  return makeGraph(
    `bench-layers-${layers}x${width}`,
    all.flatMap((layer) => places.map((place) => nameOf(layer, place))),
    all
      .slice(1)
      .flatMap((layer) =>
        places.flatMap((place) =>
          [0, 7, 31].map((shift): [string, string] => [nameOf(layer - 1, place + shift), nameOf(layer, place)]),
        ),
      ),
  );
}
