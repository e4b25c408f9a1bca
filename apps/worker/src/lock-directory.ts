import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/**
 * Makes sure that one process at a time works in a directory. The lock is a socket name in Linux's abstract namespace:
 * the kernel drops it with the process, however that ends, so there is no stale lock.
 * @returns what releases it, or null where another process has it
 */
export async function lockDirectory(directory: string): Promise<{ release(): void } | null> {
  const name = createHash('sha256')
    .update(await realpath(directory))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(`\0baton-worker-${name}`, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
}
