// npm run generate -w @baton/client: writes openapi.json from the API's table of routes, and src/schema.d.ts from that.
// Tests generate both again and compare.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import openapiTypescript, { astToString } from 'openapi-typescript';

const api = path.resolve(import.meta.dirname, '../../apps/api/src');

/** Packages from npm stay outside, found from the file that imports them: the bundle itself lies in a temporary folder. */
const externalPackages = {
  name: 'external-packages',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path: name, importer, kind }) => {
      if (kind === 'entry-point' || name.startsWith('@baton/')) return undefined;
      if (name.startsWith('node:')) return { path: name, external: true };
      return { path: pathToFileURL(createRequire(importer).resolve(name)).href, external: true };
    });
  },
};

/** The API's OpenAPI document, as its source makes it now. */
async function readDocument() {
  const directory = mkdtempSync(path.join(tmpdir(), 'baton-openapi-'));
  const outfile = path.join(directory, 'routes.mjs');
  try {
    await build({
      stdin: {
        contents: `export { createOpenApiDocument } from './http/openapi.ts'; export { ROUTES } from './routes/index.ts';`,
        resolveDir: api,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      plugins: [externalPackages],
      logLevel: 'error',
    });
    const { createOpenApiDocument, ROUTES } = await import(pathToFileURL(outfile).href);
    return createOpenApiDocument(ROUTES);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The types of a document, as src/schema.d.ts holds them; without those that are always empty. */
export async function createTypes(document) {
  const types = astToString(await openapiTypescript(document));
  const used = types.replaceAll(/^export type (?:webhooks|\$defs) = Record<string, never>;\n/gm, '');
  return `// Generated from openapi.json by "npm run generate -w @baton/client".\n\n${used}`;
}

/** The text of openapi.json. */
export function formatDocument(document) {
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = await readDocument();
  writeFileSync(path.join(import.meta.dirname, 'openapi.json'), formatDocument(document));
  writeFileSync(path.join(import.meta.dirname, 'src/schema.d.ts'), await createTypes(document));
  console.log(`Wrote openapi.json and schema.d.ts: ${Object.keys(document.paths).length} paths.`);
}
