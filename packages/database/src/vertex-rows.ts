import {
  DEFAULT_POLICIES,
  type ParameterDeclarations,
  type VertexDefinition,
  type VertexPolicies,
} from '@baton/domain';
import { toStoredJson } from './stored-json.ts';

/** A vertex as its row holds it: JSON columns are NULL where they would say nothing. */
export interface VertexRow {
  id: number;
  name: string;
  description: string | null;
  script: string;
  /** Normalised declarations by name. */
  input: string | null;
  /** List of ids and names. */
  next: string | null;
  /** The policies that differ from their defaults. */
  policies: string | null;
}

export const VERTEX_COLUMNS = 'id, name, description, script, input, next, policies';

export function toVertexRow(id: number, vertex: VertexDefinition): VertexRow {
  const policies = Object.entries(vertex.policies).filter(([name, value]) => {
    const usual = DEFAULT_POLICIES[name as keyof VertexPolicies];
    return value !== usual && JSON.stringify(value) !== JSON.stringify(usual);
  });
  return {
    id,
    name: vertex.name,
    description: vertex.description,
    script: vertex.script,
    input: Object.keys(vertex.input).length === 0 ? null : toStoredJson(vertex.input),
    next: vertex.next.length === 0 ? null : JSON.stringify(vertex.next),
    policies: policies.length === 0 ? null : toStoredJson(Object.fromEntries(policies)),
  };
}

export function fromVertexRow(row: VertexRow): VertexDefinition & { id: number } {
  const input = Object.create(null) as ParameterDeclarations;
  if (row.input !== null) Object.assign(input, JSON.parse(row.input));
  const policies = row.policies === null ? {} : (JSON.parse(row.policies) as Partial<VertexPolicies>);
  if (policies.gate) policies.gate.form = Object.assign(Object.create(null), policies.gate.form);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    script: row.script,
    input,
    next: row.next === null ? [] : (JSON.parse(row.next) as (string | number)[]),
    policies: { ...DEFAULT_POLICIES, ...policies },
  };
}
