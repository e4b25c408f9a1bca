import { randomBytes } from 'node:crypto';

/** A prefix that no other test uses: tests share one Redis. */
export function uniquePrefix(): string {
  return `baton-test-${randomBytes(6).toString('hex')}`;
}
