import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { ROUTES } from '../routes/index.ts';
import { createOpenApiDocument } from './openapi.ts';

const document = createOpenApiDocument(ROUTES);

test('every route is in the document, and nothing else', () => {
  const documented = Object.entries(document['paths'] as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const mounted = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(documented.toSorted()).toEqual([...mounted].toSorted());
  expect(new Set(mounted).size).toBe(mounted.length);
});

test('every call has a name of its own, and every parameter of a path is declared', () => {
  const operations = Object.values(document['paths'] as Record<string, Record<string, { operationId: string }>>);
  const names = operations.flatMap((byMethod) => Object.values(byMethod).map(({ operationId }) => operationId));
  expect(new Set(names).size).toBe(names.length);
  for (const { path, request } of ROUTES) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
    expect(Object.keys(request.params?.shape ?? {}).toSorted()).toEqual(inPath.toSorted());
  }
});

test('every reference of the document leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  const { schemas } = document['components'] as { schemas: Record<string, object> };
  const names = new Set(references.map(([, name]) => name));
  expect([...names].filter((name) => !Object.hasOwn(schemas, name ?? ''))).toEqual([]);
});

test('the client\'s copy is fresh: else run "npm run generate -w @baton/client"', () => {
  const file = path.resolve(import.meta.dirname, '../../../../packages/client/openapi.json');
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`);
});
