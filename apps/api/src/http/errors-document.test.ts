import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CATALOGUE } from '@baton/domain';
import { expect, test } from '@jest/globals';

test('docs/errors.md lists exactly the catalogue', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/errors.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `(\w+)` *\| (\d+) *\| (.+?) *\| .+? *\|$/gm)].map(
    ([, code, status, title]) => [code, { status: Number(status), title }] as const,
  );
  expect(listed).toEqual(Object.entries(ERROR_CATALOGUE));
});
