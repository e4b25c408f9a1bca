import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completionSchema } from '@baton/domain';
import { z } from 'zod';

/**
 * Completions on the worker's own disk, from the script's end until they are known to be applied.
 *
 * A log of lines, and not a file a completion: that would be five changes of a directory each, and every one of them waits
 * for the file system's own journal. What comes while one write is under way is written together. The log's room is made in
 * advance, so that a write changes no sizes and one flush of its data is all it waits for; a NUL ends what counts. Where it is
 * full, a new one takes its place with what is kept still. What is forgotten needs no write of its own: it goes along with what
 * is kept next, or is written after a while.
 */
export interface Spool {
  /** What an earlier life of this worker left. */
  readonly found: readonly SpooledCompletion[];
  /** Where that is which could not be read: it was put aside, and is not lost. */
  readonly unreadable: readonly string[];
  /** Resolves when the disk has it. @throws what the file system says: then it is not kept */
  keep(spooled: SpooledCompletion): Promise<void>;
  /** A worker that dies within moments may bring it back: whoever applies completions finds that it was applied. */
  forget(runId: string): Promise<void>;
}

export interface OpenSpool extends Spool {
  /** Writes what is to be forgotten and waits for what is being written, so that a worker that ends in order leaves nothing. */
  stop(): Promise<void>;
}

const spooledSchema = z.object({
  completion: completionSchema,
  key: z.string().min(1),
  /** What the script handed on, which the API is given before the completion. */
  values: z.record(z.string(), z.string()).default({}),
});
export type SpooledCompletion = z.infer<typeof spooledSchema>;

const lineSchema = z.union([z.object({ keep: spooledSchema }), z.object({ forget: z.string() })]);

const LOG = 'log';
const NEW_LOG = `${LOG}.new`;
/** For about 600 completions. */
const ROOM_BYTES = 2 ** 18;
const FORGET_MS = 1000;
/** Of each completion, as workers kept them up to version 0.1.0. */
const FILE_SUFFIX = '.json';
const ASIDE_SUFFIX = '.unreadable';

export async function openSpool(directory: string): Promise<OpenSpool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { kept, unreadable, files } = await readSpool(directory);
  const log = new SpoolLog(directory, kept);
  // On a full disk what was found stays where it is, and there is a new log as soon as there is room.
  const isMoved = await log.startAnew().then(
    () => true,
    () => false,
  );
  if (isMoved) await Promise.all(files.map((name) => rm(join(directory, name), { force: true, recursive: true })));
  return Object.assign(log, { found: [...kept.values()], unreadable });
}

interface Line {
  text: string;
  keeps: SpooledCompletion;
  resolve: () => void;
  reject: (error: unknown) => void;
}

class SpoolLog {
  readonly #directory: string;
  readonly #kept: Map<string, SpooledCompletion>;
  /** Of the log; 0: there is none. */
  #room = 0;
  #end = 0;
  #waiting: Line[] = [];
  /** Lines that say what is forgotten, which nothing has to wait for. */
  #forgotten: string[] = [];
  #forgetting: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;

  constructor(directory: string, kept: Map<string, SpooledCompletion>) {
    this.#directory = directory;
    this.#kept = kept;
  }

  keep(spooled: SpooledCompletion): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: lineOf({ keep: spooled }), keeps: spooled, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async forget(runId: string): Promise<void> {
    if (!this.#kept.delete(runId)) return;
    this.#forgotten.push(lineOf({ forget: runId }));
    this.#forgetting ??= setTimeout(() => (this.#writing ??= this.#writeAll()), FORGET_MS).unref();
  }

  async stop(): Promise<void> {
    await this.#writing;
    if (this.#forgotten.length > 0) await (this.#writing ??= this.#writeAll());
  }

  /** A log of its own for what is kept, which takes the place of the one before only when it is complete. */
  async startAnew(bytes = 0): Promise<void> {
    const text = Buffer.from([...this.#kept.values()].map((spooled) => lineOf({ keep: spooled })).join(''));
    const room = Math.max(ROOM_BYTES, 2 * (text.length + bytes));
    const path = join(this.#directory, NEW_LOG);
    try {
      await writeDown(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, {
        bytes: Buffer.concat([text, Buffer.alloc(room - text.length)]),
        mustBeOnDisk: true,
      });
      await rename(path, join(this.#directory, LOG));
    } catch (error) {
      // What there is of it is worth nothing, and takes room. Why it could not be made matters more than why this cannot.
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    [this.#room, this.#end] = [room, text.length];
  }

  async #writeAll(): Promise<void> {
    do {
      const lines = this.#waiting.splice(0);
      try {
        await this.#append(lines);
        for (const { resolve } of lines) resolve();
      } catch (error) {
        // Whatever is there now, or is not: the next lines go into a log of their own, with all that is kept.
        this.#room = 0;
        for (const { reject } of lines) reject(error);
      }
    } while (this.#waiting.length > 0);
    this.#writing = null;
  }

  /** The NUL after the lines is written over by the next ones. */
  async #append(lines: readonly Line[]): Promise<void> {
    const kept = `${lines.map(({ text }) => text).join('')}\0`;
    let bytes = Buffer.from(`${this.#takeForgotten()}${kept}`);
    if (this.#end + bytes.length > this.#room) {
      await this.startAnew(bytes.length);
      bytes = Buffer.from(kept);
    }
    const mustBeOnDisk = lines.length > 0;
    await writeDown(join(this.#directory, LOG), constants.O_RDWR, { bytes, position: this.#end, mustBeOnDisk });
    this.#end += bytes.length - 1;
    for (const { keeps } of lines) this.#kept.set(keeps.completion.runId, keeps);
  }

  /** Where they are not written they are not needed: the log is made anew then, with what is kept. */
  #takeForgotten(): string {
    clearTimeout(this.#forgetting);
    this.#forgetting = undefined;
    return this.#forgotten.splice(0).join('');
  }
}

/** Not kept open: a disk whose files are open cannot be taken away, and a log that somebody removed would be written in vain. */
async function writeDown(
  path: string,
  flags: number,
  { bytes, position = 0, mustBeOnDisk }: { bytes: Buffer; position?: number; mustBeOnDisk: boolean },
): Promise<void> {
  // As fdatasync after each write, in one call.
  const file = await open(path, mustBeOnDisk ? flags | constants.O_DSYNC : flags, 0o600);
  try {
    // A disk that becomes full takes a part without an error: the next call has it.
    for (let done = 0; done < bytes.length;) {
      done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  } finally {
    await file.close();
  }
}

function lineOf(line: z.infer<typeof lineSchema>): string {
  return `${JSON.stringify(line)}\n`;
}

interface FoundSpool {
  /** By run id. */
  kept: Map<string, SpooledCompletion>;
  unreadable: string[];
  /** That are of no use once there is a new log. */
  files: string[];
}

async function readSpool(directory: string): Promise<FoundSpool> {
  const found: FoundSpool = { kept: new Map(), unreadable: [], files: [] };
  for (const name of (await readdir(directory)).toSorted()) {
    if (name.endsWith('.new')) found.files.push(name);
    else if (name === LOG) await readLog(directory, found);
    else if (name.endsWith(FILE_SUFFIX)) await readSingle(directory, name, found);
  }
  return found;
}

async function readLog(directory: string, { kept, unreadable }: FoundSpool): Promise<void> {
  const text = (await readFile(join(directory, LOG))).toString();
  const [written = ''] = text.split('\0', 1);
  const lines = written.split('\n');
  lines.pop(); // nothing, or a line that was being written when the worker died
  const bad: string[] = [];
  for (const line of lines) {
    const parsed = lineSchema.safeParse(parseJson(line));
    if (!parsed.success) bad.push(line);
    else if ('keep' in parsed.data) kept.set(parsed.data.keep.completion.runId, parsed.data.keep);
    else kept.delete(parsed.data.forget);
  }
  if (bad.length === 0) return;
  const aside = `${LOG}-${Date.now()}${ASIDE_SUFFIX}`;
  await writeFile(join(directory, aside), `${bad.join('\n')}\n`, { mode: 0o600 });
  unreadable.push(aside);
}

async function readSingle(directory: string, name: string, { kept, unreadable, files }: FoundSpool): Promise<void> {
  const path = join(directory, name);
  const parsed = spooledSchema.safeParse(parseJson(await readFile(path, 'utf8').catch(() => '')));
  if (parsed.success) {
    kept.set(parsed.data.completion.runId, parsed.data);
    files.push(name);
    return;
  }
  await rename(path, `${path}${ASIDE_SUFFIX}`);
  unreadable.push(`${name}${ASIDE_SUFFIX}`);
}

/** @returns undefined where it is no JSON: the schema refuses it */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
