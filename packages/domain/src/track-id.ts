/**
 * A track's id is its pipeline's id and its vertex's id in one number, so that nothing has to be looked up to go from a
 * completion to its successors, and the tracks of one pipeline lie together in the table's primary key.
 *
 * trackId = pipelineId * 2^22 + vertexId. Vertex ids are unique in their graph and below 2^22 (4,194,304);
 * pipeline ids stay exact in a JavaScript number up to 2^31 - 1.
 */
export const TRACKS_PER_PIPELINE = 2 ** 22;
export const MAX_VERTEX_ID = TRACKS_PER_PIPELINE - 1;

export function trackIdOf(pipelineId: number, vertexId: number): number {
  return pipelineId * TRACKS_PER_PIPELINE + vertexId;
}

export function pipelineIdOf(trackId: number): number {
  return Math.floor(trackId / TRACKS_PER_PIPELINE);
}

export function vertexIdOf(trackId: number): number {
  return trackId % TRACKS_PER_PIPELINE;
}
