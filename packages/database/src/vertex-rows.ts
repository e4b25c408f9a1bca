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

type StoredVertexDefinition = VertexDefinition & { id: number };

export function fromVertexRow(row: VertexRow): StoredVertexDefinition {
  return createVertexReader()(row);
}

/** For the rows of a graph, which may be 100,000: what is the same in many of them is read once and shared. */
export function createVertexReader(): (row: VertexRow) => StoredVertexDefinition {
  const [script, input, next, policies] = [once(asItIs), once(readInput), once(readNext), once(readPolicies)];
  return (row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    script: script(row.script),
    input: row.input === null ? NO_INPUT : input(row.input),
    next: row.next === null ? NO_NEXT : next(row.next),
    policies: row.policies === null ? DEFAULT_POLICIES : policies(row.policies),
  });
}

const NO_INPUT: ParameterDeclarations = Object.freeze(withoutPrototype({}));
const NO_NEXT: VertexDefinition['next'] = [];

/** Reads each text once. */
function once<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? read(text);
    known.set(text, found);
    return found;
  };
}

const asItIs = (text: string): string => text;
const readNext = (stored: string): VertexDefinition['next'] => JSON.parse(stored) as VertexDefinition['next'];

function readInput(stored: string): ParameterDeclarations {
  return withoutPrototype(JSON.parse(stored) as ParameterDeclarations);
}

/** Names of parameters are anybody's: `constructor` must be no name that is there already. */
function withoutPrototype<T extends object>(given: T): T {
  return Object.assign(Object.create(null) as T, given);
}

function readPolicies(stored: string): VertexPolicies {
  const policies = JSON.parse(stored) as Partial<VertexPolicies>;
  if (policies.gate) policies.gate.form = withoutPrototype(policies.gate.form);
  return { ...DEFAULT_POLICIES, ...policies };
}
