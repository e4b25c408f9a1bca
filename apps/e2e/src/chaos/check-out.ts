import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { ROOT } from '../read-sources.ts';

/**
 * The programs of an earlier commit, built from its sources, with the packages of npm that are installed here.
 * @param directory is made
 * @throws Error where the history does not have the commit, as in a shallow clone
 */
export async function buildCommit(commit: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const archive = path.join(directory, 'source.tar');
  await execa('git', ['archive', `--output=${archive}`, commit], { cwd: ROOT });
  await execa('tar', ['-xf', archive], { cwd: directory });
  await linkPackages(directory);
  await execa(process.execPath, [path.join(directory, 'packages/devstack/build.mjs')], { cwd: directory });
}

/** Ours are the commit's own, all others those of this repository. */
async function linkPackages(directory: string): Promise<void> {
  const modules = path.join(directory, 'node_modules');
  await mkdir(path.join(modules, '@baton'), { recursive: true });
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    if (name !== '@baton') await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  for (const folder of ['packages', 'apps']) {
    for (const member of await readdir(path.join(directory, folder))) {
      const own = path.join(directory, folder, member);
      if (folder === 'packages') await symlink(own, path.join(modules, '@baton', member));
      const installed = path.join(ROOT, folder, member, 'node_modules');
      if (existsSync(installed)) await symlink(installed, path.join(own, 'node_modules'));
    }
  }
}
