// Tells whether the bundles are those of the sources, by a hash of everything that goes into them. Plain JS without dependencies.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const APPS = ['api', 'orchestrator', 'worker', 'cli'];
const STAMP = 'node_modules/.baton-build';

/** A hash of the contents of all files that a build reads. */
export function computeSourceHash(root) {
  const hash = createHash('sha256');
  const files = ['package-lock.json', 'packages/devstack/build.mjs'];
  for (const kind of ['packages', 'apps']) {
    for (const name of listNames(path.join(root, kind))) {
      files.push(`${kind}/${name}/package.json`, ...listFiles(root, `${kind}/${name}/src`));
    }
  }
  for (const file of files) {
    const fullPath = path.join(root, file);
    if (existsSync(fullPath)) hash.update(`${file}\0`).update(readFileSync(fullPath)).update('\0');
  }
  return hash.digest('hex');
}

/** Whether every app that can be built has been, from the sources as they are now. */
export function isBuildFresh(root) {
  const stamp = path.join(root, STAMP);
  const built = APPS.filter((app) => existsSync(path.join(root, 'apps', app, 'src/main.ts')));
  if (!existsSync(stamp) || built.some((app) => !existsSync(path.join(root, 'apps', app, 'dist/main.js'))))
    return false;
  return readFileSync(stamp, 'utf8') === computeSourceHash(root);
}

/** Notes what the bundles were built from: the hash that was computed before the build began. */
export function writeBuildStamp(root, hash) {
  mkdirSync(path.dirname(path.join(root, STAMP)), { recursive: true });
  writeFileSync(path.join(root, STAMP), hash);
}

function listFiles(root, folder) {
  const entries = existsSync(path.join(root, folder))
    ? readdirSync(path.join(root, folder), { withFileTypes: true })
    : [];
  return entries
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(root, name);
      return name.endsWith('.test.ts') ? [] : [name];
    });
}

function listNames(folder) {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
