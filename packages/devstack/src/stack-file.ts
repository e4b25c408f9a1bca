import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describeError, DevstackError, findErrorCode } from './errors.ts';
import { writePrivateFile } from './private-file.ts';

/** What a running stack says about itself in `<directory>/stack.json`, a file that only its owner may read. */
export interface StackFile {
  url: string;
  /** The administrator's token. */
  token: string;
  workerToken: string;
  mysqlUrl: string;
  redisUrl: string;
  /** mysql and redis are null when somebody else runs the server. */
  pids: { mysql: number | null; redis: number | null; api: number[]; orchestrator: number[]; worker: number[] };
  /** ISO 8601, UTC. */
  startedAt: string;
}

const STRINGS = ['url', 'token', 'workerToken', 'mysqlUrl', 'redisUrl', 'startedAt'];

/** Writes the file, complete or not at all. */
export function writeStackFile(directory: string, stack: StackFile): void {
  writePrivateFile(findStackFile(directory), `${JSON.stringify(stack, null, 2)}\n`);
}

export function removeStackFile(directory: string): void {
  rmSync(findStackFile(directory), { force: true });
}

/**
 * Reads what the stack in a directory says about itself. A stack that was killed leaves its file: its processes need not be alive.
 * @returns null when there is no stack
 * @throws DevstackError when the file is not one of a stack
 */
export function readStackFile(directory: string): StackFile | null {
  const filePath = findStackFile(directory);
  const value = readJson(filePath);
  if (value === null || isStackFile(value)) return value;
  throw new DevstackError(
    `${filePath} does not describe a stack: expected ${STRINGS.join(', ')} and the process ids of each kind. Remove it, or start the stack again.`,
  );
}

function findStackFile(directory: string): string {
  return path.join(directory, 'stack.json');
}

function readJson(filePath: string): unknown {
  try {
    return JSON.parse(readFileSync(filePath, 'utf8'));
  } catch (error) {
    if (findErrorCode(error) === 'ENOENT') return null;
    throw new DevstackError(`${filePath} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function isStackFile(value: unknown): value is StackFile {
  const stack = toRecord(value);
  const pids = toRecord(stack.pids);
  return (
    STRINGS.every((name) => typeof stack[name] === 'string') &&
    ['mysql', 'redis'].every((name) => pids[name] === null || isPid(pids[name])) &&
    ['api', 'orchestrator', 'worker']
      .map((name) => pids[name])
      .every((list) => Array.isArray(list) && list.every(isPid))
  );
}

function isPid(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
