import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  decideJoin,
  DEFAULT_JOIN_RULE,
  JOIN_RULES,
  RULES_THAT_NEED_A_PREDECESSOR,
  type JoinRule,
  type PredecessorCounts,
  type PredecessorOutcome,
} from './join-rules.ts';
import { FINAL_ROWS, OUTCOMES, referenceDecision } from './testing-join-reference.ts';

type Ends = readonly (PredecessorOutcome | null)[];

const ANY_END: Ends = [...OUTCOMES, null];

function countEnds(ends: Ends): PredecessorCounts {
  const counts = { total: ends.length, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 };
  for (const end of ends) if (end !== null) counts[end] += 1;
  return counts;
}

/** All ways in which so many predecessors can stand, their order included. */
function combinationsOf(size: number, choices: Ends = ANY_END): Ends[] {
  if (size === 0) return [[]];
  return combinationsOf(size - 1, choices).flatMap((rest) => choices.map((end) => [...rest, end]));
}

test('the reference has one row for every set of kinds of ends', () => {
  expect(FINAL_ROWS).toHaveLength(2 ** OUTCOMES.length - 1);
});

describe.each(JOIN_RULES)('%s', (rule) => {
  test.each([0, 1, 2, 3])('answers as the table says with every combination of %i predecessors', (size) => {
    for (const ends of combinationsOf(size)) {
      expect({ ends, decision: decideJoin(rule, countEnds(ends)) }).toEqual({
        ends,
        decision: referenceDecision(rule, ends),
      });
    }
  });

  test('never takes an answer back, however the rest ends', () => {
    for (const ends of combinationsOf(3)) {
      const decision = decideJoin(rule, countEnds(ends));
      if (decision === 'wait') continue;
      const ahead = OUTCOMES.map((outcome) => ends.map((end) => end ?? outcome));
      for (const later of ahead) expect(decideJoin(rule, countEnds(later))).toBe(decision);
    }
  });

  test('has an answer when every predecessor has ended', () => {
    for (const ends of combinationsOf(3, OUTCOMES)) expect(decideJoin(rule, countEnds(ends))).not.toBe('wait');
  });
});

test('where nothing is skipped, the default rule is the rule of the seed: all predecessors succeeded', () => {
  for (const ends of combinationsOf(3, ['succeeded', 'failed', 'cancelled', null])) {
    const runs = decideJoin(DEFAULT_JOIN_RULE, countEnds(ends)) === 'run';
    expect(runs).toBe(ends.every((end) => end === 'succeeded'));
  }
});

test('the rules that the check refuses without predecessors are those that speak of one', () => {
  const waitsForNobody: JoinRule[] = [
    'all_success',
    'all_done',
    'none_failed',
    'none_failed_min_one_success',
    'none_skipped',
    'always',
  ];
  expect(JOIN_RULES.filter((rule) => !RULES_THAT_NEED_A_PREDECESSOR.has(rule))).toEqual(waitsForNobody);
});

const COLUMNS: Record<PredecessorOutcome, string> = {
  succeeded: 'succeeded',
  failed: 'failed',
  skipped: 'skipped',
  cancelled: 'cancelled',
  notTaken: 'not taken',
};

function describeEnds(ends: Ends): string {
  return ends.map((end) => (end === null ? 'unfinished' : COLUMNS[end])).join(', ');
}

/** One row a combination without regard to order, one column a rule. */
function writeTable(size: number): string[] {
  const rows = combinationsOf(size).filter((ends) =>
    ends.every((end, index) => index === 0 || ANY_END.indexOf(ends[index - 1] as never) <= ANY_END.indexOf(end)),
  );
  return [
    `| predecessors | ${JOIN_RULES.map((rule) => `\`${rule}\``).join(' | ')} |`,
    `| --- |${' --- |'.repeat(JOIN_RULES.length)}`,
    ...rows.map((ends) => {
      const decisions = JOIN_RULES.map((rule) => decideJoin(rule, countEnds(ends)));
      return `| ${describeEnds(ends)} | ${decisions.join(' | ')} |`;
    }),
  ];
}

/** Prettier pads the cells of tables in documents. */
function withoutPadding(line: string): string {
  return line.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
}

describe('docs/join-rules.md', () => {
  const lines = readFileSync(path.join(import.meta.dirname, '../../../docs/join-rules.md'), 'utf8')
    .split('\n')
    .map(withoutPadding);

  test.each([1, 2])('publishes what the rules answer with %i predecessors', (size) => {
    const [header, ...rest] = writeTable(size);
    const isOfSize = (line: string): boolean => line.split(' | ')[0]?.split(',').length === size;
    const published = lines.slice(lines.indexOf(`## With ${size} predecessor${size === 1 ? '' : 's'}`));
    expect(published.find((line) => line.startsWith('| predecessors'))).toBe(header);
    const start = published.indexOf(header as string);
    const table = published.slice(start + 1, start + 1 + rest.length);
    expect(table).toEqual(rest);
    expect(published[start + 1 + rest.length]).toBe('');
    expect(rest.slice(1).every(isOfSize)).toBe(true);
  });

  test('has a row of words for every rule', () => {
    for (const rule of JOIN_RULES) expect(lines.filter((line) => line.startsWith(`| \`${rule}\``))).toHaveLength(1);
  });
});
