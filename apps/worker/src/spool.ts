import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completionSchema } from '@baton/domain';
import { z } from 'zod';

/** Completions on the worker's own disk, from the script's end until they are known to be applied. */
export interface Spool {
  /** Resolves when the disk has it. */
  keep(spooled: SpooledCompletion): Promise<void>;
  forget(runId: string): Promise<void>;
  /** What an earlier life of this worker left. Files that cannot be read are put aside, not lost. */
  load(): Promise<{ kept: SpooledCompletion[]; unreadable: string[] }>;
}

const spooledSchema = z.object({ completion: completionSchema, key: z.string().min(1) });
export type SpooledCompletion = z.infer<typeof spooledSchema>;

const SUFFIX = '.json';

export async function openSpool(directory: string): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pathOf = (runId: string): string => join(directory, `${runId}${SUFFIX}`);
  return {
    async keep(spooled) {
      const path = pathOf(spooled.completion.runId);
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(spooled));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
    forget: (runId) => rm(pathOf(runId), { force: true }),
    async load() {
      const kept: SpooledCompletion[] = [];
      const unreadable: string[] = [];
      for (const name of await readdir(directory)) {
        if (!name.endsWith(SUFFIX)) continue;
        const path = join(directory, name);
        const parsed = spooledSchema.safeParse(parseJson(await readFile(path, 'utf8')));
        if (parsed.success) kept.push(parsed.data);
        else {
          unreadable.push(name);
          await rename(path, `${path}.unreadable`);
        }
      }
      return { kept, unreadable };
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it, and the caller puts the file aside
  }
}
