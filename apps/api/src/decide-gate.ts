import { isDeepStrictEqual } from 'node:util';
import { findStarters, type Database, type GraphVertex } from '@baton/database';
import {
  BatonError,
  completeParameters,
  defaultsOf,
  errorOfProblems,
  pipelineIdOf,
  type GateDecision,
  type GatePolicy,
  type JsonValue,
  type ParameterValues,
  type Problem,
} from '@baton/domain';
import { applyAction, type ActionDeps } from './apply-action.ts';
import { allows, ANYBODY, type Identity } from './auth/scopes.ts';
import type { RepeatableAction } from './person-action.ts';
import { getTrack, loadTrack } from './show-track.ts';

export interface GateAnswer {
  trackId: number;
  decision: GateDecision;
  /** Values for the gate's form, by name; of an approval. */
  params: Readonly<Record<string, JsonValue>>;
  identity: Identity;
}

/**
 * Decides at a gate. The same decision again changes nothing; the gates of other tracks are not touched.
 * @throws BatonError track_not_found; forbidden, not_an_approver, self_approval_forbidden: who asks may not decide;
 *   invalid_parameters naming everything that is wrong with the form; state_conflict where the vertex has no gate, or it
 *   was decided otherwise, or it is not its turn; idempotency_key_reused
 */
export async function decideGate(deps: ActionDeps, answer: GateAnswer, action: RepeatableAction): Promise<void> {
  const { trackId, decision, identity } = answer;
  const { track, pipeline, vertex } = await loadTrack(deps.database, trackId);
  const { gate } = vertex.policies;
  await refuseStrangers(deps.database, gate, { identity, pipelineId: pipeline.id });
  if (gate === null) {
    throw new BatonError('state_conflict', `expected a gate before ${JSON.stringify(vertex.name)}, found none`);
  }
  const asked = { pipelineId: pipelineIdOf(trackId), vertexId: vertex.id };
  if (decision === 'rejected') return applyDecision(deps, { ...asked, values: null }, action);
  const { values, problems } = readForm(vertex, gate, answer.params);
  if (problems.length === 0) {
    await applyDecision(deps, { ...asked, values }, action);
    return refuseOtherForm(deps.database, { name: vertex.name, gate }, { answer, values });
  }
  if (track.gateDecision === null) throw invalidForm(vertex.name, problems);
  // Decided already: a form that is left out the second time is no problem of anybody's.
  if (track.gateDecision !== decision) {
    throw new BatonError('state_conflict', `expected an undecided gate, found it ${track.gateDecision}`);
  }
}

/**
 * Somebody was first, with other values: whoever is told that it is approved would take it for theirs. Secret ones are not
 * compared, so that nobody can guess at them.
 */
async function refuseOtherForm(
  database: Database,
  { name, gate: { form } }: { name: string; gate: GatePolicy },
  { answer: { trackId, params }, values }: { answer: GateAnswer; values: ParameterValues },
): Promise<void> {
  const given = Object.keys(form).filter((field) =>
    [field, `${name}.${field}`].some((key) => Object.hasOwn(params, key)),
  );
  const { input } = await getTrack(database, trackId);
  const others = given.filter(
    (field) => form[field]?.secret !== true && !isDeepStrictEqual(input[field], values[field]),
  );
  if (others.length === 0) return;
  const found = `it approved with other values of ${others.join(', ')}`;
  throw new BatonError('state_conflict', `expected the gate of ${name} to be open, found ${found}`);
}

function applyDecision(
  deps: ActionDeps,
  { pipelineId, vertexId, values }: { pipelineId: number; vertexId: number; values: ParameterValues | null },
  action: RepeatableAction,
): Promise<void> {
  const event =
    values === null ? ({ kind: 'reject', vertexId } as const) : ({ kind: 'approve', vertexId, values } as const);
  return applyAction(deps, { pipelineId, event }, action);
}

/**
 * What would let a flow past a gate without an approval is for those who may approve.
 * @throws BatonError track_not_found, not_an_approver, self_approval_forbidden
 */
export async function refusePastGate(database: Database, trackId: number, identity: Identity): Promise<void> {
  const { track, pipeline, vertex } = await loadTrack(database, trackId);
  if (track.gateDecision === 'approved') return;
  const { gate } = vertex.policies;
  if (gate !== null) await refuseStrangers(database, gate, { identity, pipelineId: pipeline.id });
}

/**
 * Who may decide: `null` is everybody who may; else why not.
 * @param starters by whose doing the pipeline runs; asked for where the gate forbids self-approval
 */
export function findObjection(
  gate: Pick<GatePolicy, 'approvers' | 'forbidSelfApproval'> | null,
  identity: Identity,
  starters: ReadonlySet<string> = new Set(),
): 'forbidden' | 'not_an_approver' | 'self_approval_forbidden' | null {
  // Without authentication nobody can be told from anybody else.
  if (identity.tokenId === ANYBODY.tokenId) return null;
  const approvers = gate?.approvers ?? [];
  if (approvers.length === 0 && !allows(identity.scopes, 'operate')) return 'forbidden';
  const names = [`token:${identity.name}`, ...identity.roles.map((role) => `role:${role}`)];
  if (approvers.length > 0 && !names.some((name) => approvers.includes(name))) return 'not_an_approver';
  return gate?.forbidSelfApproval === true && starters.has(identity.name) ? 'self_approval_forbidden' : null;
}

async function refuseStrangers(
  database: Database,
  gate: GatePolicy | null,
  { identity, pipelineId }: { identity: Identity; pipelineId: number },
): Promise<void> {
  const starters = await findStarters(database, gate?.forbidSelfApproval === true ? [pipelineId] : []);
  const code = findObjection(gate, identity, starters.get(pipelineId));
  if (code === null) return;
  const found = `the token ${JSON.stringify(identity.name)}`;
  const details = {
    forbidden: `expected a token with the scope operate, found one with ${identity.scopes.join(', ')}`,
    not_an_approver: `expected one of ${gate?.approvers.join(', ')} to decide, found ${found} with ${describeRoles(identity)}`,
    self_approval_forbidden: `expected somebody else to decide than who started the pipeline, gave it parameters or ran it again, found ${found}`,
  };
  throw new BatonError(code, details[code]);
}

function describeRoles({ roles }: Identity): string {
  return roles.length === 0 ? 'no role' : `the roles ${roles.join(', ')}`;
}

/** What is left out of the form has its default; all problems at once. */
function readForm(
  vertex: GraphVertex,
  gate: GatePolicy,
  given: Readonly<Record<string, JsonValue>>,
): { values: ParameterValues; problems: Problem[] } {
  const form = { name: vertex.name, input: gate.form, policies: vertex.policies };
  const { values, missing, problems } = completeParameters(form, defaultsOf(gate.form), given);
  return { values, problems: [...problems, ...missing.map((name) => missingValue(vertex.name, name))] };
}

/** A required parameter that nobody gave. */
export function missingValue(vertex: string, name: string): Problem {
  const message = `expected a value for the required parameter ${name} of ${vertex}, found none`;
  return { code: 'missing_parameter', message, pointer: `/params/${name}`, vertices: [vertex] };
}

function invalidForm(vertex: string, problems: Problem[]): BatonError {
  return errorOfProblems(
    'invalid_parameters',
    `expected the form of the gate before ${JSON.stringify(vertex)}`,
    problems,
  );
}
