import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Makes an empty temporary folder. @returns its path, and what removes it with all that is in it */
export function makeTemporaryDirectory(): { directory: string; remove: () => void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'baton-devstack-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
