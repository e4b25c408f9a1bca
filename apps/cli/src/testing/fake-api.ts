import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeAnswer {
  status?: number;
  type?: string;
  body: unknown;
}

export interface FakeApi {
  url: string;
  seen: SeenRequest[];
  close(): Promise<void>;
}

/** Answers by `METHOD /path` without the query; several answers of one call are given in turn, the last for ever. */
export async function startFakeApi(
  answers: Record<string, FakeAnswer | FakeAnswer[] | ((request: SeenRequest) => FakeAnswer)>,
): Promise<FakeApi> {
  const seen: SeenRequest[] = [];
  const turns = new Map<string, number>();
  const choose = (request: SeenRequest): FakeAnswer => {
    const key = `${request.method} ${request.path.split('?')[0]}`;
    const answer = answers[key];
    if (answer === undefined) return problem(404, 'route_not_found', `no answer for ${key}`);
    if (typeof answer === 'function') return answer(request);
    if (!Array.isArray(answer)) return answer;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return answer[Math.min(turn, answer.length - 1)] ?? problem(500, 'internal', 'no answer');
  };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      send(response, choose(one));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A problem document. */
export function problem(status: number, code: string, detail: string, problems: object[] = []): FakeAnswer {
  const fixed = { type: `urn:baton:error:${code}`, title: `Title of ${code}`, instance: '/', requestId: 'request-1' };
  return { status, type: 'application/problem+json', body: { ...fixed, status, code, detail, problems } };
}

/** The only page of a list. */
export function page(items: object[]): FakeAnswer {
  return { body: { items, nextCursor: null } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, { status = 200, type = 'application/json', body }: FakeAnswer): void {
  response.writeHead(status, { 'Content-Type': type });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
