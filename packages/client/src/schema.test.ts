import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

interface Generator {
  createTypes: (document: object) => Promise<string>;
}

test('the types are those of openapi.json: else run "npm run generate -w @baton/client"', async () => {
  const root = path.resolve(import.meta.dirname, '..');
  const { createTypes } = (await import(path.join(root, 'generate.mjs'))) as Generator;
  const document = JSON.parse(readFileSync(path.join(root, 'openapi.json'), 'utf8')) as object;
  expect(readFileSync(path.join(root, 'src/schema.d.ts'), 'utf8')).toBe(await createTypes(document));
});
