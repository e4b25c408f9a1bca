import { groupBy, type Evidence } from './evidence.ts';
import { readGraphs, type GraphFacts, type VertexFacts } from './read-graphs.ts';
import { TRACK_ID_STEP, type PipelineRow, type TrackRow } from './read-rows.ts';

/** What the rows say about names, and who belongs to whom. */
export interface Names {
  pipelines: ReadonlyMap<number, PipelineRow>;
  /** By pipeline and vertex name. */
  tracks: ReadonlyMap<string, TrackRow>;
  vertexOf: (at: { pipelineId: number; vertexId: number }) => string;
  /** As it was asked for; absent where nobody did, and of the items of a map, which wait for nobody. */
  graphOf: (pipelineId: number) => GraphFacts | undefined;
  /** Of a vertex; in the items of a map always those of the map. */
  factsOf: (pipelineId: number, vertex: string) => VertexFacts | undefined;
  /** Of a child; null: it is none, or its track is not there. */
  parentOf: (pipelineId: number) => TrackRow | null;
  /** The pipelines that the track has run, in the order in which they were made: one an attempt. */
  childrenOf: (track: Pick<TrackRow, 'id'>) => readonly PipelineRow[];
  tracksOf: (pipelineId: number) => readonly TrackRow[];
}

export function readNames({ rows, answers }: Pick<Evidence, 'rows' | 'answers'>): Names {
  const graphs = readGraphs(answers);
  const byPlace = new Map(rows.tracks.map((track) => [`${track.pipelineId} ${track.vertexId}`, track]));
  const pipelines = new Map(rows.pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const children = groupBy(rows.pipelines, ({ parentTrackId }) => parentTrackId ?? 0);
  const tracks = groupBy(rows.tracks, ({ pipelineId }) => pipelineId);
  const factsOf: Names['factsOf'] = (pipelineId, vertex) => {
    const pipeline = pipelines.get(pipelineId);
    const isItem = pipeline !== undefined && pipeline.mapVertexId !== null;
    return graphs.get(pipeline?.graph ?? '')?.vertices.get(isItem ? vertex.replace(/\[\d+\]$/, '') : vertex);
  };
  return {
    pipelines,
    tracks: new Map(rows.tracks.map((track) => [`${track.pipelineId} ${track.vertex}`, track])),
    vertexOf: ({ pipelineId, vertexId }) => byPlace.get(`${pipelineId} ${vertexId}`)?.vertex ?? `vertex ${vertexId}`,
    graphOf(pipelineId) {
      const pipeline = pipelines.get(pipelineId);
      if (pipeline === undefined) return undefined;
      return pipeline.mapVertexId === null ? graphs.get(pipeline.graph) : undefined;
    },
    factsOf,
    parentOf(pipelineId) {
      const trackId = pipelines.get(pipelineId)?.parentTrackId ?? null;
      if (trackId === null) return null;
      return byPlace.get(`${Math.floor(trackId / TRACK_ID_STEP)} ${trackId % TRACK_ID_STEP}`) ?? null;
    },
    childrenOf: ({ id }) => children.get(id) ?? [],
    tracksOf: (pipelineId) => tracks.get(pipelineId) ?? [],
  };
}
