export {
  answerClaims,
  claimTracks,
  claimedRunSchema,
  readSecret,
  type ClaimAnswer,
  type ClaimedRun,
} from './claim-tracks.ts';
export { findVertexId, previewScript } from './render-vertex.ts';
