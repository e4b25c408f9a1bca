import { z } from 'zod';
import type { FlowGraph, FlowVertex } from './flow-graph.ts';
import type { VertexDefinition } from './graph-definition.ts';
import { FAILURE_POLICIES, PIPELINE_MODES, PIPELINE_STATES } from './pipeline-status.ts';
import { AWAITED, TRACK_STATES } from './track-status.ts';

const durationMs = z.int().min(0).max(2_147_483_647);
const attemptFields = {
  result: z.enum(['succeed', 'fail', 'timeout', 'lost']).optional().describe('absent: succeed'),
  exitCode: z.int().min(0).max(255).optional().describe('of fail; absent: 1'),
  durationMs: durationMs.optional().describe('absent: 1000'),
  chosen: z.array(z.string().min(1)).optional().describe('successors that the script names in $BATON_NEXT'),
  outputs: z.record(z.string(), z.string()).optional().describe('what the script writes to $BATON_OUTPUT'),
};

/** How one attempt ends. */
const attemptOutcomeSchema = z.strictObject(attemptFields).meta({ id: 'AttemptOutcome' });

/** How a vertex ends, and what persons say to it. */
export const vertexOutcomeSchema = z
  .strictObject({
    ...attemptFields,
    attempts: z
      .array(attemptOutcomeSchema)
      .min(1)
      .max(1000)
      .optional()
      .describe('attempt by attempt, the last for all that follow; replaces the fields beside it'),
    gate: z.enum(['approve', 'reject', 'wait']).optional().describe('absent: approve'),
    choice: z
      .union([z.literal('wait'), z.array(z.string().min(1))])
      .optional()
      .describe('in manual mode; absent: `next` of the vertex, else all successors'),
    decision: z
      .enum(['retry', 'skip', 'give_up', 'wait'])
      .optional()
      .describe('of a failure that is held; absent: wait'),
    afterMs: durationMs.optional().describe('so long after it is asked a person answers; absent: at once'),
  })
  .meta({ id: 'VertexOutcome' });

export type AttemptOutcome = z.infer<typeof attemptOutcomeSchema>;
export type VertexOutcome = z.infer<typeof vertexOutcomeSchema>;

/** What a simulation looks at of a vertex. */
export type SimulatedVertex = FlowVertex & Pick<VertexDefinition, 'policies' | 'next' | 'input'>;

export interface SimulationRequest {
  graph: FlowGraph<SimulatedVertex>;
  mode: (typeof PIPELINE_MODES)[number];
  onFailure: (typeof FAILURE_POLICIES)[number];
  /** Of the whole pipeline, ms; null: none. */
  timeoutMs: number | null;
  /** Scripts that run at once; null: as many as want to. */
  slots: number | null;
  /** By vertex name; vertices that are not named succeed. */
  outcomes: ReadonlyMap<string, VertexOutcome>;
  /** Parameter values by vertex name, for conditions. */
  inputs: ReadonlyMap<string, Readonly<Record<string, z.core.util.JSONType>>>;
}

const simulatedTrackSchema = z.strictObject({
  vertexId: z.int(),
  vertex: z.string(),
  state: z.enum(TRACK_STATES),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  awaits: z.enum(AWAITED).nullable(),
  attempts: z.int().describe('how many were started'),
});

const simulatedAttemptSchema = z.strictObject({
  vertexId: z.int(),
  vertex: z.string(),
  attempt: z.int(),
  startMs: z.int().describe('from the start of the pipeline'),
  endMs: z.int(),
  result: z.enum(['succeed', 'fail', 'timeout', 'lost', 'cancelled']),
});

export const simulationSchema = z
  .strictObject({
    state: z.enum(PIPELINE_STATES),
    reason: z.string().nullable(),
    makespanMs: z.int().describe('from the start to the last end'),
    tracks: z.array(simulatedTrackSchema),
    timeline: z.array(simulatedAttemptSchema).describe('in the order of their starts'),
    criticalPath: z.array(z.string()).describe('the vertices that the makespan is made of, first to last'),
    waitsFor: z
      .array(z.strictObject({ vertex: z.string(), awaits: z.enum(AWAITED) }))
      .describe('persons that it waits for in the end; empty unless it is RUNNING'),
  })
  .meta({ id: 'Simulation' });

export type Simulation = z.infer<typeof simulationSchema>;
export type SimulatedAttempt = z.infer<typeof simulatedAttemptSchema>;
