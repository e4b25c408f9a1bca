import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a file that a script left ($BATON_NEXT, $BATON_OUTPUT): its bytes, or why it cannot be used. Links are not followed and
 * pipes are not waited for, because the script chose what stands at this path.
 */
export async function readHandedOver(
  file: string,
  { name, maxBytes }: { name: string; maxBytes: number },
): Promise<{ bytes: Buffer } | { problem: string }> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return { problem: `${name} must be a plain file, and could not be read: ${(error as NodeJS.ErrnoException).code}` };
  }
  try {
    const status = await handle.stat();
    if (!status.isFile()) return { problem: `${name} must be a plain file, found something else at its path` };
    if (status.size > maxBytes)
      return { problem: `${name} holds ${status.size} bytes, at most ${maxBytes} are allowed` };
    return { bytes: await handle.readFile() };
  } finally {
    await handle.close();
  }
}
