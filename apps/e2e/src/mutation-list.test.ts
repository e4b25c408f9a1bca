import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { MUTATIONS } from './mutation-list.ts';

const root = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test.each(MUTATIONS)('the list fits the source: $name', ({ changes, testFile, test: name }) => {
  for (const { file, find } of changes) expect(read(file).split(find)).toHaveLength(2);
  expect(read(testFile).split(`'${name}'`)).toHaveLength(2);
  expect(read('docs/mutations.md')).toContain(`\`${path.basename(testFile)}\`: ${name} `);
});
