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

const spooledSchema = z.object({
  completion: completionSchema,
  key: z.string().min(1),
  /** What the script handed on, which the API is given before the completion. */
  values: z.record(z.string(), z.string()).default({}),
});
export type SpooledCompletion = z.infer<typeof spooledSchema>;

const SUFFIX = '.json';
/** Of a file that is being written. */
const NEW_SUFFIX = `${SUFFIX}.new`;

export async function openSpool(directory: string): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pathOf = (runId: string): string => join(directory, `${runId}${SUFFIX}`);
  return {
    async keep(spooled) {
      const { runId } = spooled.completion;
      const newPath = join(directory, `${runId}${NEW_SUFFIX}`);
      try {
        await writeDown(newPath, JSON.stringify(spooled));
        await rename(newPath, pathOf(runId));
      } catch (error) {
        // What there is of it is worth nothing, and takes room. Why it could not be kept matters more than why this cannot.
        await rm(newPath, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    forget: (runId) => rm(pathOf(runId), { force: true }),
    async load() {
      const kept: SpooledCompletion[] = [];
      const unreadable: string[] = [];
      for (const name of await readdir(directory)) {
        const path = join(directory, name);
        // The worker died while it wrote: its completion was not kept, whatever of it is there.
        if (name.endsWith(NEW_SUFFIX)) await rm(path, { force: true });
        if (!name.endsWith(SUFFIX)) continue;
        const parsed = spooledSchema.safeParse(await readJson(path));
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

/** Resolves when the disk has it. */
async function writeDown(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined; // the schema refuses it, and the caller puts the file aside
  }
}
