import http from 'node:http';
import https from 'node:https';
import { ApiError, parseProblem, UnreachableError } from './errors.ts';

/** Resolves with the answer's value, undefined where it is empty. @throws ApiError, UnreachableError */
export type PostJson = (path: string, body: object) => Promise<unknown>;

export interface PostOptions {
  baseUrl: string;
  headers: Record<string, string>;
  /** From the call to the end of its answer. */
  timeoutMs: number;
}

/** Less than servers keep an idle connection, 5 s as a rule: none is to be used at the moment when it is closed over there. */
const IDLE_MS = 4000;

/**
 * For calls that are made for each track: Node's fetch takes ten times as much time of the CPU. Connections are kept alive;
 * redirections are not followed.
 */
export function createPost({ baseUrl, headers, timeoutMs }: PostOptions): PostJson {
  const { Agent, request } = baseUrl.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const options = { method: 'POST', agent, headers: { ...headers, 'Content-Type': 'application/json' } };
  const send = (url: string, text: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const call = request(url, options, (response) => readText(response, timer).then(resolve, reject));
      const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      call.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      call.end(text);
    });
  return async (path, body) => {
    const url = `${baseUrl}${path}`;
    const { status, text } = await send(url, JSON.stringify(body)).catch((error: unknown) => {
      throw new UnreachableError(new URL(url).origin, error);
    });
    if (status < 200 || status > 299) throw new ApiError(status, parseProblem(text), path);
    return text === '' ? undefined : JSON.parse(text);
  };
}

interface Answer {
  status: number;
  text: string;
}

/** @throws where the connection breaks before the end */
function readText(response: http.IncomingMessage, timer: NodeJS.Timeout): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => (text += piece));
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('close', () => clearTimeout(timer));
  });
}
