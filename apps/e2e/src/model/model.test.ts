import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MISSING, WHOLE } from './checks.ts';
import { explore } from './explore.ts';
import { makeFlowModel } from './flow-model.ts';
import { allBut, SAFEGUARDS } from './safeguards.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../../../docs/model.md'), 'utf8');
/** As in a table of the page, whose columns Prettier sets. */
const rows = page.split('\n').map((line) => line.replaceAll(/ +/g, ' '));

describe('with every safeguard', () => {
  test.each(WHOLE)(
    'nothing breaks: $name',
    ({ name, scenario }) => {
      const { states, steps, broken } = explore(makeFlowModel(scenario, allBut()));
      expect(broken).toBeNull();
      expect(rows).toContain(`| ${name} | ${states} | ${steps} |`);
    },
    120_000,
  );
});

describe('without one', () => {
  test.each(MISSING)(
    '$missing: $invariant',
    ({ missing, scenario, invariant, only }) => {
      expect(explore(makeFlowModel(scenario, allBut())).broken).toBeNull();
      const { broken } = explore(makeFlowModel(scenario, allBut(missing), only === true ? invariant : null));
      expect(broken?.invariant).toBe(invariant);
      const steps = broken?.path.map((step, index) => `${index + 1}. ${step}`).join('; ');
      expect(rows).toContain(`| \`${missing}\` | ${invariant} | ${steps} |`);
    },
    120_000,
  );

  test('each is taken away', () => {
    expect(new Set(MISSING.map(({ missing }) => missing))).toEqual(new Set(SAFEGUARDS));
  });
});
