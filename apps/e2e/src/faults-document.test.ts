import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './read-sources.ts';

/** docs/faults.md and the tests that make the faults happen say the same. */
const FAULTS = join(ROOT, 'apps/e2e/src/faults');
/** Of both folders, by name. */
const CASES = new Map(
  readdirSync(FAULTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => [basename(file, '.test.ts'), join(FAULTS, file)]),
);
const COLUMNS = ['what happens', 'what the user sees', 'what is kept', 'how long', 'tests'];
const ALL = Array.from({ length: 33 }, (_, index) => index + 1);

interface Row {
  fault: number;
  cells: string[];
  tests: { file: string; name: string | null }[];
}

const rows = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| F\d+ /.test(line))
  .map(readRow);

function readRow(line: string): Row {
  const [fault = '', ...cells] = line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
  const tests = (cells.at(-1) ?? '').split('<br>').map((text) => {
    const [, file = '', name = null] = /^`([^`]+)`(?:: (.+))?$/.exec(text.trim()) ?? [];
    return { file: file.includes('/') ? join(ROOT, file) : (CASES.get(file) ?? file), name };
  });
  return { fault: Number(fault.slice(1)), cells, tests };
}

test('every fault of the matrix has one row, with all its cells', () => {
  expect(rows.map(({ fault }) => fault)).toEqual(ALL);
  const incomplete = rows.filter(({ cells }) => cells.length !== COLUMNS.length || cells.includes(''));
  expect(incomplete.map(({ fault }) => fault)).toEqual([]);
});

test('every test that a row names is there', () => {
  const missing = rows.flatMap(({ fault, tests }) =>
    tests
      .filter(({ file, name }) => !existsSync(file) || (name !== null && !readFileSync(file, 'utf8').includes(name)))
      .map(({ file, name }) => `F${fault}: ${file} ${name ?? ''}`),
  );
  expect(missing).toEqual([]);
});

test('every case in faults/ stands in the row of its number, and in that of each fault that it names', () => {
  const unnamed = [...CASES].flatMap(([name, file]) => {
    const own = /^f(\d\d)-/.exec(name)?.[1];
    const named = [...readFileSync(file, 'utf8').matchAll(/['"`]F(\d+): /g)].map(([, fault]) => Number(fault));
    const faults = new Set([...(own === undefined ? [] : [Number(own)]), ...named]);
    return [...faults]
      .filter((fault) => !rows.some((row) => row.fault === fault && row.tests.some((one) => one.file === file)))
      .map((fault) => `F${fault}: ${name}`);
  });
  expect(unnamed).toEqual([]);
});

test('every file of cases is in the table of rounds, and no other', () => {
  const listed = [
    ...readFileSync(join(ROOT, 'docs/faults.md'), 'utf8').matchAll(/^\| `([^`]*f\d\d-[^`]+)` +\| +\d+ +\|/gm),
  ];
  const files = [...CASES.values()].map((file) => relative(FAULTS, file).replace('.test.ts', ''));
  expect(listed.map(([, file = '']) => file).toSorted()).toEqual(files.toSorted());
});
