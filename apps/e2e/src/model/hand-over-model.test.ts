import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { explore } from './explore.ts';
import { HAND_OVER_SAFEGUARDS, makeHandOverModel, type HandOverSafeguards } from './hand-over-model.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../../../docs/model.md'), 'utf8');
/** As in a table of the page, whose columns Prettier sets. */
const rows = page.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
const FAULTS = 3;
const ALL = Object.fromEntries(HAND_OVER_SAFEGUARDS.map((name) => [name, true])) as unknown as HandOverSafeguards;

test('hand-over: with every safeguard nothing breaks', () => {
  const { states, steps, broken } = explore(makeHandOverModel(FAULTS, ALL));
  expect(broken).toBeNull();
  expect(rows).toContain(`| a completion with one place; ${FAULTS} faults | ${states} | ${steps} |`);
});

test.each(HAND_OVER_SAFEGUARDS)('hand-over without %s', (missing) => {
  const { broken } = explore(makeHandOverModel(FAULTS, { ...ALL, [missing]: false }));
  const steps = broken?.path.map((step, index) => `${index + 1}. ${step}`).join('; ');
  expect(rows).toContain(`| \`${missing}\` | ${broken?.invariant} | ${steps} |`);
});
