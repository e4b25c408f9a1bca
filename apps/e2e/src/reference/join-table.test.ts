import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decideJoin, DEFAULT_JOIN_RULE, JOIN_RULES, type PredecessorOutcome } from '@baton/domain';
import { ROOT } from '../read-sources.ts';
import {
  AIRFLOW_RULES,
  decideFromStates,
  DIFFERENCES,
  JOIN_NAMES,
  listPredecessorStates,
  type JoinAnswer,
  type JoinName,
  type PredecessorState,
} from './reference-join.ts';

/** The whole join table, row by row: the product's rules against Airflow's conditions. */
const WORDS: Record<Exclude<PredecessorState, 'unfinished'>, PredecessorOutcome> = {
  succeeded: 'succeeded',
  failed: 'failed',
  'upstream failed': 'cancelled',
  skipped: 'skipped',
  'not taken': 'notTaken',
};

function askProduct(rule: JoinName, states: readonly PredecessorState[]): JoinAnswer {
  const counts = { total: states.length, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 };
  for (const state of states) if (state !== 'unfinished') counts[WORDS[state]] += 1;
  return decideJoin(rule, counts);
}

test('there are the twelve rules of SPEC', () => {
  expect([...JOIN_RULES].sort()).toEqual([...JOIN_NAMES].sort());
  expect(DEFAULT_JOIN_RULE).toBe('none_failed_min_one_success');
  expect(DIFFERENCES.byDefault).toContain(DEFAULT_JOIN_RULE);
});

test('a vertex without predecessors runs, whatever its rule', () => {
  for (const rule of JOIN_NAMES) expect(decideFromStates(rule, [])).toBe('run');
});

describe.each([1, 2, 3, 4])('%i predecessors', (count) => {
  const rows = listPredecessorStates(count);

  test(`are ${rows.length} rows`, () => {
    expect(rows).toHaveLength([6, 21, 56, 126][count - 1] ?? 0);
  });

  test.each(rows.map((states) => [states.join(', '), states] as const))('%s', (_, states) => {
    for (const rule of JOIN_NAMES) {
      const row = { rule, airflow: AIRFLOW_RULES[rule].airflow };
      expect({ ...row, answer: askProduct(rule, states) }).toEqual({ ...row, answer: decideFromStates(rule, states) });
    }
  });
});

test('docs/join-rules.md publishes the same tables', () => {
  const text = readFileSync(join(ROOT, 'docs/join-rules.md'), 'utf8');
  const cells = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  for (const states of [...listPredecessorStates(1), ...listPredecessorStates(2)]) {
    const names = states.map((state) => (state === 'upstream failed' ? 'cancelled' : state)).sort();
    const line = cells.find(
      (row) => row.length === JOIN_NAMES.length + 3 && String(row[1]?.split(', ').sort()) === String(names),
    );
    expect(line?.slice(2, -1)).toEqual(JOIN_NAMES.map((rule) => decideFromStates(rule, states)));
  }
});
