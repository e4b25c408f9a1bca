/**
 * npm run mutations [-- <words>]: takes one safeguard away at a time, in a copy of the source, and demands that the test
 * which the list names goes red. Before that all those tests run against the copy as it is, and must be green: a test that is
 * always red proves nothing. The working tree is not touched. With words, only those whose name has them.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { MUTATIONS } from './mutation-list.ts';
import type { Mutation } from './mutation.ts';

const ROOT_ENTRIES = ['package.json', 'jest.config.ts', 'tsconfig.json', 'examples'];
const NOT_SOURCE = new Set(['node_modules', 'dist', '.git', '.baton', 'coverage']);

/** Copies the source; packages of npm are the original's, ours are the copy's. */
async function copySource(root: string, copy: string): Promise<void> {
  const filter = (source: string): boolean => !NOT_SOURCE.has(path.basename(source));
  for (const folder of ['packages', 'apps']) {
    await cp(path.join(root, folder), path.join(copy, folder), { recursive: true, filter });
    for (const member of await readdir(path.join(root, folder))) {
      const [original, link] = [root, copy].map((base) => path.join(base, folder, member, 'node_modules'));
      if (original !== undefined && link !== undefined) await linkIfThere(original, link);
    }
  }
  for (const entry of ROOT_ENTRIES) {
    await cp(path.join(root, entry), path.join(copy, entry), { recursive: true });
  }
  const modules = path.join(copy, 'node_modules');
  await mkdir(path.join(modules, '@baton'), { recursive: true });
  for (const entry of await readdir(path.join(root, 'node_modules'))) {
    if (entry !== '@baton') await symlink(path.join(root, 'node_modules', entry), path.join(modules, entry));
  }
  for (const member of await readdir(path.join(copy, 'packages'))) {
    await symlink(path.join(copy, 'packages', member), path.join(modules, '@baton', member));
  }
}

/** Whole stacks run the bundles. */
async function buildCopy(copy: string): Promise<void> {
  await execa(process.execPath, [path.join(copy, 'packages/devstack/build.mjs')], { cwd: copy });
}

async function linkIfThere(original: string, link: string): Promise<void> {
  const isThere = await readdir(original).then(
    () => true,
    () => false, // most members have no packages of their own
  );
  if (isThere) await symlink(original, link);
}

/** Changes the copy. @returns what changes it back. @throws Error where a text is not there exactly once */
async function mutate(copy: string, { name, changes }: Mutation): Promise<() => Promise<void>> {
  const originals = new Map<string, string>();
  for (const { file, find, replace } of changes) {
    const source = path.join(copy, file);
    const text = await readFile(source, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${name}: expected once in ${file}: ${find}`);
    if (!originals.has(source)) originals.set(source, text);
    await writeFile(
      source,
      text.replace(find, () => replace),
    );
  }
  return async () => {
    for (const [source, text] of originals) await writeFile(source, text);
  };
}

/** Runs the tests that mutations name, and no others. @returns how many passed and failed */
async function runTests(copy: string, mutations: readonly Mutation[]): Promise<{ passed: number; failed: number }> {
  await buildCopy(copy);
  const fullNames = mutations.map(({ group, test }) => (group === undefined ? test : `${group} ${test}`));
  const names = new Set(fullNames.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)));
  const files = new Set(mutations.map(({ testFile }) => testFile));
  const jest = path.join(copy, 'node_modules/jest/bin/jest.js');
  const args = [
    '--experimental-vm-modules',
    jest,
    '--json',
    '--forceExit',
    ...files,
    '-t',
    // Before its name there may be that of the group which it is in.
    `(^| )(${[...names].join('|')})$`,
  ];
  const { stdout, stderr } = await execa(process.execPath, args, { cwd: copy, reject: false });
  const report = /^\{.*\}$/m.exec(stdout)?.[0];
  if (report === undefined) throw new Error(`jest did not report: ${stderr.slice(-2000)}`);
  const { numPassedTests, numFailedTests } = JSON.parse(report) as { numPassedTests: number; numFailedTests: number };
  return { passed: numPassedTests, failed: numFailedTests };
}

async function tryMutation(copy: string, mutation: Mutation): Promise<boolean> {
  const restore = await mutate(copy, mutation);
  const { failed } = await runTests(copy, [mutation]).finally(restore);
  console.log(
    `${failed === 1 ? 'red     ' : 'NOT RED '} ${mutation.name}\n         ${mutation.testFile}: ${mutation.test}`,
  );
  return failed === 1;
}

const wanted = MUTATIONS.filter(({ name }) => name.includes(process.argv.slice(2).join(' ')));
const copy = await mkdtemp(path.join(tmpdir(), 'baton-mutations-'));
try {
  await copySource(process.cwd(), copy);
  const original = await runTests(copy, wanted);
  console.log(`As it is: ${original.passed} green, ${original.failed} red.`);
  if (original.failed > 0 || original.passed !== wanted.length) {
    throw new Error(`expected ${wanted.length} tests, each of its own name, all green`);
  }
  let proven = 0;
  for (const mutation of wanted) proven += (await tryMutation(copy, mutation)) ? 1 : 0;
  console.log(`${proven} of ${wanted.length} safeguards are held by their test`);
  if (proven < wanted.length) process.exitCode = 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}
