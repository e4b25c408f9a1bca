import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { createTypes } from '../generate.mjs';

test('the types are those of openapi.json: else run "npm run generate -w @baton/client"', async () => {
  const document = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../openapi.json'), 'utf8')) as object;
  expect(readFileSync(path.join(import.meta.dirname, 'schema.d.ts'), 'utf8')).toBe(await createTypes(document));
});
