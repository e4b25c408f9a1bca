import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Watches which processes of this host carry a cookie, in their environment or on their command line, seen from outside of
 * every namespace and without asking Baton. One look at /proc serves all who watch.
 */
export interface CookieWatch {
  /** @returns the pids that carry it, as of a look that began after this call, and when that look began (performance.now) */
  find(cookie: string): Promise<{ pids: number[]; at: number }>;
  /** Looks until exactly so many are wanted. @throws Error with what was seen last when the time is up */
  waitFor(
    cookie: string,
    isWanted: (count: number) => boolean,
    timeoutMs: number,
  ): Promise<{ pids: number[]; at: number }>;
}

const INTERVAL_MS = 5;

/** @param prefix with which every cookie begins: a letter or digit, then letters, digits and `-`; a dot ends a cookie */
export function watchCookies(prefix: string): CookieWatch {
  const pattern = new RegExp(`${prefix}[A-Za-z0-9-]*`, 'g');
  let next: Promise<Look> | null = null;
  let current: Promise<Look> | null = null;

  /** Those who ask during a look share the one after it. */
  const look = (): Promise<Look> => {
    next ??= (current ?? Promise.resolve())
      .catch(() => undefined) // whoever asked for that look has heard of it
      .then(() => {
        current = next;
        next = null;
        return takeLook(pattern);
      });
    return next;
  };
  const find: CookieWatch['find'] = async (cookie) => {
    const { carriers, at } = await look();
    return { pids: carriers.get(cookie) ?? [], at };
  };
  return {
    find,
    async waitFor(cookie, isWanted, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = await find(cookie);
        if (isWanted(found.pids.length)) return found;
        if (found.at > deadline) throw new Error(`${cookie}: after ${timeoutMs} ms there are ${found.pids.join(' ')}`);
        await sleep(INTERVAL_MS);
      }
    },
  };
}

interface Look {
  carriers: Map<string, number[]>;
  at: number;
}

async function takeLook(pattern: RegExp): Promise<Look> {
  const at = performance.now();
  const carriers = new Map<string, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const texts = await Promise.all([readText(`/proc/${name}/environ`), readText(`/proc/${name}/cmdline`)]);
    for (const cookie of new Set(texts.join('\0').match(pattern))) {
      carriers.set(cookie, [...(carriers.get(cookie) ?? []), Number(name)]);
    }
  }
  return { carriers, at };
}

/** What has ended since the listing carries nothing; whose environment may not be read is another user's, and none of ours. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
