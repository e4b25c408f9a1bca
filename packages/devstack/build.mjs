// npm run build: bundles each app from its source, with our packages inside and everything from npm outside.

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { APPS, computeSourceHash, writeBuildStamp } from './build-stamp.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/**
 * Leaves imports of npm packages and of Node to Node; relative files and @baton packages go into the bundle. So does an
 * npm package of which npm keeps the right version in the folder of one of our packages (another version lies at the
 * root): from the bundle's place Node would find the wrong one. What such a package requires comes along, because a bundle
 * in ESM has no require.
 */
const externalPackages = {
  name: 'external-packages',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path: name, kind, importer }) => {
      if (kind === 'entry-point' || kind === 'require-call' || name.startsWith('@baton/')) return undefined;
      return isNested(name, importer) ? undefined : { path: name, external: true };
    });
  },
};

function isNested(name, importer) {
  const folder = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const [wing, room] = path.relative(root, importer).split(path.sep);
  return wing === 'packages' && existsSync(path.join(root, wing, room, 'node_modules', folder));
}

/** Builds every app that has a src/main.ts. Returns their names. */
export async function buildApps() {
  const hash = computeSourceHash(root);
  const apps = APPS.filter((app) => existsSync(path.join(root, 'apps', app, 'src/main.ts')));
  await Promise.all(
    apps.map((app) => bundle(path.join(root, 'apps', app), { entry: 'src/main.ts', outfile: 'dist/main.js' })),
  );
  if (apps.includes('api')) copySwaggerUi();
  writeBuildStamp(root, hash);
  return apps;
}

/** Bundles one program, in a folder of ours. */
export function bundle(directory, { entry, outfile }) {
  return build({
    absWorkingDir: directory,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    plugins: [externalPackages],
    logLevel: 'error',
  });
}

// The page at /docs is served from our own files: it must not call another host.
function copySwaggerUi() {
  const require = createRequire(path.join(root, 'apps/api/package.json'));
  const from = path.dirname(require.resolve('swagger-ui-dist/package.json'));
  const to = path.join(root, 'apps/api/dist/swagger-ui');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of SWAGGER_FILES) copyFileSync(path.join(from, name), path.join(to, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startedAt = performance.now();
  const apps = await buildApps();
  console.log(`Built ${apps.join(', ') || 'nothing'} in ${Math.round(performance.now() - startedAt)} ms.`);
}
