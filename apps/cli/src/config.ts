import path from 'node:path';
import { readStackFile } from '@baton/devstack';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

export interface ServerAddress {
  url: string;
  /** Null: none is sent, for a server without authentication. */
  token: string | null;
}

/** The process's environment; only here is it read. */
export function readEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/**
 * Which server is meant: BATON_API_URL with BATON_TOKEN; else the stack that describes itself in `.baton/stack.json` of the
 * working directory or the nearest folder above it.
 * @throws CliError where there is neither, or where the address is none
 */
export function findServer(environment: NodeJS.ProcessEnv, workingDirectory: string): ServerAddress {
  const { BATON_API_URL: url, BATON_TOKEN: token } = environment;
  if (url) return { url: checkUrl(url), token: token || null };
  for (let folder = path.resolve(workingDirectory); ; folder = path.dirname(folder)) {
    const stack = readStackFile(path.join(folder, '.baton'));
    if (stack !== null) return { url: stack.url, token: token || stack.token };
    if (folder === path.dirname(folder)) break;
  }
  throw new CliError(
    'expected a server to talk to, found none: BATON_API_URL is not set, and there is no .baton/stack.json here or above.\n' +
      'Start one with "npx baton up" or "npm start", or set BATON_API_URL and BATON_TOKEN.',
    EXIT.unreachable,
  );
}

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new CliError(`expected BATON_API_URL as http://host:port, found ${JSON.stringify(url)}`, EXIT.usage);
}
