import type { AttemptPlan, Scenario, VertexPlan } from './scenario.ts';

/** What stands around the lines of an attempt; none unless given. */
export type WrapAttempt = (lines: readonly string[], place: { vertexId: number; attempt: number }) => readonly string[];

/** A story as a graph document: its scripts do in each attempt what the story says. */
export function toGraphDocument(
  scenario: Scenario,
  name: string,
  wrap: WrapAttempt = (lines) => lines,
): Record<string, unknown> {
  const nameOf = (id: number): string => scenario.vertices.find((plan) => plan.id === id)?.name ?? '';
  return {
    name,
    vertices: scenario.vertices.map((plan) => toVertexDocument(plan, wrap)),
    edges: scenario.edges.map(({ tail, head, when }) =>
      when === null ? [nameOf(tail), nameOf(head)] : { tail: nameOf(tail), head: nameOf(head), when: when.text },
    ),
  };
}

function toVertexDocument(plan: VertexPlan, wrap: WrapAttempt): Record<string, unknown> {
  const { gate, gateSteps } = plan;
  const expires = gateSteps.includes('expire');
  const asked = { asked: { type: 'str', required: true } };
  return {
    name: plan.name,
    script: toScript(plan, wrap),
    input: {
      env: { type: 'str', default: 'prod' },
      level: { type: 'int', default: 3 },
      ...(plan.asks === null ? {} : asked),
    },
    ...(plan.asks === null ? {} : { onMissing: 'ask' }),
    join: plan.join,
    allowFailure: plan.allowFailure,
    retry: plan.retry,
    onLost: plan.onLost,
    when: plan.when?.text ?? null,
    gate: gate === null ? null : { ...gate, ...(expires ? { expiresMs: 200 } : { onExpiry: 'reject' }) },
  };
}

/** What each attempt does; the last one stands for all further ones. */
function toScript({ id: vertexId, attempts }: VertexPlan, wrap: WrapAttempt): string {
  const cases = attempts.map((attempt, index) => {
    const which = index === attempts.length - 1 ? '*' : String(index + 1);
    return `${which})\n${wrap(toLines(attempt), { vertexId, attempt: index + 1 }).join('\n')}\n;;`;
  });
  return `case "$BATON_ATTEMPT" in\n${cases.join('\n')}\nesac`;
}

function toLines({ outcome, exitCode, next, outputs }: AttemptPlan): string[] {
  const values = Object.entries(outputs).map(([key, value]) => `echo '${key}=${value}' >> "$BATON_OUTPUT"`);
  const choice = (next ?? []).map((text) => `echo '${text}' >> "$BATON_NEXT"`);
  switch (outcome) {
    case 'exited':
      return [...values, ...choice, `exit ${exitCode}`];
    case 'signal':
      return [...values, 'kill -SEGV $$'];
    case 'bad_output':
      return [`echo 'no value' >> "$BATON_OUTPUT"`];
    default:
      throw new Error(`no script ends as ${outcome} at will`);
  }
}
