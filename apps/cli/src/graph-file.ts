import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ApiError, type Client, type SavedGraph } from '@baton/client';
import { parse } from 'yaml';
import { CliError, describeProblem } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

/** Whether a word of the command line means a file; a graph's name may end in `.yaml` only where such a file is missing. */
export function isGraphFile(word: string, workingDirectory: string): boolean {
  const status = statSync(path.resolve(workingDirectory, word), { throwIfNoEntry: false });
  return status?.isFile() === true || /\.(?:ya?ml|json)$/i.test(word);
}

/** @throws CliError where it cannot be read */
export function readTextFile(file: string, workingDirectory: string): string {
  try {
    return readFileSync(path.resolve(workingDirectory, file), 'utf8');
  } catch (cause) {
    throw new CliError(`expected a file to read, found none: ${(cause as Error).message}`, EXIT.usage, { cause });
  }
}

/**
 * Stores the graph of a file under the name that the file gives it.
 * @throws CliError where the file cannot be read; ApiError invalid_graph, malformed_yaml and the like with lines and columns
 */
export async function applyGraphFile(client: Client, file: string, workingDirectory: string): Promise<SavedGraph> {
  const text = readTextFile(file, workingDirectory);
  const format = /\.json$/i.test(file) ? 'json' : 'yaml';
  const name = findName(text);
  try {
    if (name !== null) return await client.putGraph(name, { text, format });
    // The server says what is wrong with it, and where.
    return await client.createGraph({ text, format });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem === null) throw error;
    throw new ApiError(error.status, { ...error.problem, detail: `${file}: ${error.problem.detail}` }, file);
  }
}

/** The `name` at the top of a document, JSON being YAML; null where the server will refuse the document anyway. */
function findName(text: string): string | null {
  try {
    const document: unknown = parse(text, { maxAliasCount: 100, logLevel: 'silent' });
    const isObject = typeof document === 'object' && document !== null && 'name' in document;
    return isObject && typeof document.name === 'string' && document.name !== '' ? document.name : null;
  } catch {
    // Malformed: the same fault is found by the server, which tells it better.
    return null;
  }
}

/** @throws CliError naming every problem, where the graph cannot start */
export function refuseProblems(graph: Pick<SavedGraph, 'name' | 'version' | 'problems'>): void {
  if (graph.problems.length === 0) return;
  const lines = graph.problems.map((problem) => `  ${describeProblem(problem)}`);
  throw new CliError(
    `${graph.name}@${graph.version} cannot start: its check found ${lines.length === 1 ? 'a problem' : `${lines.length} problems`}\n${lines.join('\n')}`,
    EXIT.usage,
  );
}
