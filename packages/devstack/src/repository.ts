import { existsSync } from 'node:fs';
import path from 'node:path';
import { DevstackError } from './errors.ts';

/**
 * The root of the repository: the nearest folder above this code that holds `apps` and `packages`. This works from the source as well as
 * from a bundle in apps/cli/dist.
 * @throws DevstackError when there is none
 */
export function findRepositoryDirectory(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (['apps', 'packages', 'package.json'].every((name) => existsSync(path.join(folder, name)))) return folder;
    if (folder === path.dirname(folder)) {
      throw new DevstackError(
        `No folder above ${from} holds Baton's apps and packages: run from a clone of the repository.`,
      );
    }
  }
}
