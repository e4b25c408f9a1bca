export * from './completion-rules.ts';
export * from './completion.ts';
export { evaluateCondition } from './conditions.ts';
export type { ConditionValues } from './conditions.ts';
export { diffGraphs } from './diff-graphs.ts';
export type { DiffableGraph, FieldChange, GraphDiff, NamedEdge, NamedVertex } from './diff-graphs.ts';
export * from './errors.ts';
export * from './finding.ts';
export * from './judge-intervals.ts';
export * from './flow-graph.ts';
export * from './join-rules.ts';
export * from './label-set.ts';
export * from './pipeline-status.ts';
export { EQUAL_PATHS, findTurn, findRemainingPathsInParts } from './remaining-paths.ts';
export type { RemainingPaths } from './remaining-paths.ts';
export * from './retry-policy.ts';
export * from './track-id.ts';
export * from './track-status.ts';
export { findTracksToRerun } from './rerun-rules.ts';
export { decideStart } from './start-rules.ts';
export type { StartedPipeline, StartRequest } from './start-rules.ts';
export type { TrackToDispatch } from './track-to-dispatch.ts';
export * from './transition-rules.ts';
export * from './transition-types.ts';
export { waitingTrack } from './waiting-track.ts';
export { checkGraph, checkGraphDocument } from './graph-check.ts';
export type { CheckableGraph } from './graph-check-structure.ts';
export {
  DEFAULT_POLICIES,
  graphDocumentSchema,
  MAX_VERTICES,
  vertexDocumentSchema,
  vertexPatchSchema,
} from './graph-definition.ts';
export type {
  EdgeDefinition,
  GatePolicy,
  GraphDefinition,
  GraphDocument,
  VertexDefinition,
  VertexDocument,
  VertexPolicies,
} from './graph-definition.ts';
export { splitGraphReference } from './graph-names.ts';
export { conditionTextSchema, MAX_LIMIT, MAX_WAIT_MS } from './graph-policies.ts';
export { formatGraphYaml, toGraphDocument, toVertexDocument } from './graph-definition-document.ts';
export { parseGraphDocument, parseVertex, parseVertexPatch } from './graph-definition-parse.ts';
export type { VertexPatch } from './graph-definition-parse.ts';
export { describeIssues, escapePointer } from './graph-definition-problems.ts';
export type { Parsed } from './graph-definition-problems.ts';
export { locateProblems, parseJsonText, parseYamlText } from './graph-document.ts';
export type { DocumentSource } from './graph-document.ts';
export { isParameterName, parameterDeclarationSchema } from './parameters-declaration.ts';
export type { ParameterDeclarations } from './parameters-declaration.ts';
export { formatValue } from './parameters-value.ts';
export type { JsonValue, ParameterDeclaration, ParameterType } from './parameters-value.ts';
export { fillTemplate, findTemplateNames } from './fill-template.ts';
export type { FilledTemplate, TemplateValues } from './fill-template.ts';
export { judgeChild } from './child-rules.ts';
export { readMapItems } from './map-items.ts';
export type { MapItems, MapSource } from './map-items.ts';
export { completeParameters, declarationsOf, defaultsOf, missingParameters, resolveParameters } from './parameters.ts';
export type { ParameterisedVertex, ParameterValues, ResolvedParameters } from './parameters.ts';
export { renderScript } from './render-script.ts';
export type { RenderedScript, RenderRequest, ScriptSource } from './render-script.ts';
export { findOutputReferences } from './output-references.ts';
export * from './output-values.ts';
export { splitOutputReference } from './render-script-outputs.ts';
export type { OutputReference } from './render-script-outputs.ts';
export { firstDueTimes, nextDueTime, readTimetable } from './schedule-times.ts';
export type { DueRange, Timetable } from './schedule-times.ts';
export { simulate } from './simulate.ts';
export { simulationSchema, vertexOutcomeSchema } from './simulate-types.ts';
export type { SimulatedVertex, Simulation, SimulationRequest, VertexOutcome } from './simulate-types.ts';
export { decideOverlap, FIRE_STATES, MAX_QUEUED, OVERLAP_POLICIES, planDueTimes } from './schedule-rules.ts';
export type { DuePlan, FireState, OverlapDecision, OverlapPolicy, ScheduleLoad } from './schedule-rules.ts';
