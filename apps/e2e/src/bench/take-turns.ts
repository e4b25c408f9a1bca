import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

/** GETs, or POSTs a text of JSON, and reads the whole answer. @returns its text @throws Error with it where its status is not 2xx */
export type Ask = (path: string, text?: string) => Promise<string>;

export interface Client {
  ask: Ask;
  close: () => void;
}

/** Connections that are kept, and next to nothing around them: what is timed is the server. */
export function openClient(target: { url: string; token: string }): Client {
  const agent = new Agent({ keepAlive: true });
  const ask: Ask = (path, text) =>
    new Promise((resolve, reject) => {
      const sent = request(`${target.url}/api/v1${path}`, {
        agent,
        method: text === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${target.token}`,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        },
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(parts).toString();
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve(answer);
          else reject(new Error(`${path}: ${statusCode} ${answer.slice(0, 500)}`));
        });
      });
      sent.end(text);
    });
  return { ask, close: () => agent.destroy() };
}

/** @returns how long each took, and all of them together, each client having one at a time */
export async function takeTurns(options: {
  clients: number;
  count: number;
  take: (index: number) => Promise<unknown>;
}): Promise<{ tookMs: number[]; totalMs: number }> {
  const tookMs: number[] = [];
  let next = 0;
  const beganAt = performance.now();
  const takeSome = async (): Promise<void> => {
    for (let index = next++; index < options.count; index = next++)
      tookMs.push(await timeOf(() => options.take(index)));
  };
  await Promise.all(Array.from({ length: options.clients }, takeSome));
  return { tookMs, totalMs: performance.now() - beganAt };
}

/** @returns ms */
export async function timeOf(take: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await take();
  return performance.now() - beganAt;
}

/** @param share from 0 to 1 @returns the least value that so many of them do not exceed @throws Error where there are none */
export function percentileOf(values: readonly number[], share: number): number {
  const found = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
  if (found === undefined) throw new Error('there is nothing to tell a percentile of');
  return found;
}
