import type { GraphVertex, StoredGraph, TrackRecord } from '@baton/database';
import { parameterDeclarationSchema, type ParameterDeclarations } from '@baton/domain';
import { z } from 'zod';
import { MASK } from './show-pipeline.ts';

/** So many successors are listed; a vertex may have 200,000. */
const MAX_LISTED = 1000;

export const declarationsSchema = z.record(z.string(), parameterDeclarationSchema);

/** What a person who decides at a gate has to know. */
export const gateSchema = z
  .strictObject({
    message: z.string().nullable().describe('what the approver is asked'),
    form: declarationsSchema.describe('what the approver fills in: `params` of the approval'),
    approvers: z
      .array(z.string())
      .describe('`token:<name>` or `role:<name>`; empty: every token with the scope operate'),
    forbidSelfApproval: z.boolean().describe('whoever started the pipeline, or ran it again, may not decide'),
    onExpiry: z.enum(['approve', 'reject']),
    expiresAt: z.iso.datetime().nullable().describe('while it awaits approval; null: it never expires'),
  })
  .meta({ id: 'GateDetails' });

export const choiceSchema = z
  .strictObject({
    offered: z.array(z.string()).describe('the choice offered first: `next` of the vertex'),
    successors: z.array(z.string()).describe(`what may be chosen; of more than ${MAX_LISTED} the first`),
  })
  .meta({ id: 'ChoiceDetails' });

export type GateDetails = z.output<typeof gateSchema>;
export type ChoiceDetails = z.output<typeof choiceSchema>;

/** @returns the gate of the track's vertex, or null where it has none */
export function describeGate(
  vertex: Pick<GraphVertex, 'policies'>,
  track: Pick<TrackRecord, 'awaits' | 'expiresAt'>,
): GateDetails | null {
  const { gate } = vertex.policies;
  if (gate === null) return null;
  const { message, approvers, forbidSelfApproval, onExpiry } = gate;
  const expiresAt = track.awaits === 'approval' ? (track.expiresAt?.toISOString() ?? null) : null;
  return { message, form: maskDefaults(gate.form), approvers, forbidSelfApproval, onExpiry, expiresAt };
}

/** What a person may choose after a vertex, by names. */
export function describeChoice(graph: StoredGraph, vertex: GraphVertex): ChoiceDetails {
  const nameOf = (id: number): string => graph.vertices.get(id)?.name ?? String(id);
  return {
    offered: vertex.next.map((entry) => (typeof entry === 'number' ? nameOf(entry) : entry)),
    successors: vertex.successors.slice(0, MAX_LISTED).map(nameOf),
  };
}

/** Declarations for people to fill in: the defaults of secrets are hidden. */
export function maskDefaults(declarations: ParameterDeclarations): ParameterDeclarations {
  const shown = Object.entries(declarations).map(([name, declaration]) => {
    const isHidden = declaration.secret && declaration.default !== undefined;
    return [name, isHidden ? { ...declaration, default: MASK } : declaration];
  });
  return Object.fromEntries(shown) as ParameterDeclarations;
}
