import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read, complete or not at all (by rename). */
export function writePrivateFile(filePath: string, text: string): void {
  const temporaryPath = `${filePath}.${process.pid}.new`;
  writeFileSync(temporaryPath, text, { mode: 0o600 });
  renameSync(temporaryPath, filePath);
}

/** Makes a folder, with those above it, that only its owner may enter. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
}

/** 32 random bytes as 43 base64url characters: safe without quoting in URLs, SQL strings and configuration files. */
export function makeRandomSecret(): string {
  return randomBytes(32).toString('base64url');
}
