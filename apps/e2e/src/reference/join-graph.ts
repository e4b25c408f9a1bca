import {
  decideFromStates,
  JOIN_NAMES,
  type JoinAnswer,
  type JoinName,
  type PredecessorState,
} from './reference-join.ts';

/**
 * Rows of the join table as one graph: for each row and rule one join, behind producers that end as the row says and serve
 * all rows. It is meant for `onFailure: continue`, and comes to rest with what is unfinished still unfinished.
 */
export interface JoinGraph {
  document: { name: string; vertices: Record<string, unknown>[]; edges: [string, string][] };
  joins: { name: string; rule: JoinName; states: readonly PredecessorState[]; answer: JoinAnswer }[];
}

/** What a producer does; a second of a kind does the same under another name. */
const PRODUCERS: Record<PredecessorState, { script: string; policies: Record<string, unknown> }> = {
  succeeded: { script: 'true', policies: {} },
  failed: { script: 'exit 1', policies: {} },
  // Behind a vertex that fails.
  'upstream failed': { script: 'true', policies: {} },
  skipped: { script: 'true', policies: { when: 'false' } },
  // Names one successor, which is none of the joins.
  'not taken': { script: `echo elsewhere > "$BATON_NEXT"`, policies: {} },
  unfinished: { script: 'true', policies: { gate: { message: 'nobody lets it pass' } } },
};

export function buildJoinGraph(rows: readonly (readonly PredecessorState[])[]): JoinGraph {
  const producers = new Map<string, PredecessorState>();
  const joins = rows.flatMap((states, row) =>
    JOIN_NAMES.map((rule) => ({ name: `${row} ${rule}`, rule, states, answer: decideFromStates(rule, states) })),
  );
  const edges = joins.flatMap(({ name, states }) =>
    states.map((state, index): [string, string] => {
      const nth = states.slice(0, index).filter((other) => other === state).length;
      const producer = `${state} ${nth}`;
      producers.set(producer, state);
      return [producer, name];
    }),
  );
  const names = [...producers.keys()];
  const above = names
    .filter((name) => name.startsWith('upstream failed'))
    .map((name): [string, string] => ['cause', name]);
  const beside = names
    .filter((name) => name.startsWith('not taken'))
    .map((name): [string, string] => [name, 'elsewhere']);
  return {
    document: {
      name: 'joins',
      vertices: [
        { name: 'cause', script: 'exit 1' },
        { name: 'elsewhere', script: 'true' },
        ...[...producers].map(([name, state]) => ({
          name,
          script: PRODUCERS[state].script,
          ...PRODUCERS[state].policies,
        })),
        ...joins.map(({ name, rule }) => ({ name, script: 'true', join: rule })),
      ],
      edges: [...above, ...beside, ...edges],
    },
    joins,
  };
}
