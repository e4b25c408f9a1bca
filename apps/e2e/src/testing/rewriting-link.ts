import { connect, createServer, type AddressInfo } from 'node:net';

/** Bytes that stand for others of the same length, as latin1. */
export interface Rewriting {
  requests?: readonly [from: string, to: string][];
  replies?: readonly [from: string, to: string][];
}

/**
 * A way to a server on which some words are others: a server of another version, a proxy that keeps settings to itself.
 * @param serverUrl of the server
 * @returns the URL of the way, with the path and the credentials of the server's
 */
export async function openRewritingLink(
  serverUrl: string,
  rewriting: Rewriting,
): Promise<{ url: string; close: () => Promise<void> }> {
  const target = new URL(serverUrl);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on('data', (chunk) => upstream.write(rewrite(chunk, rewriting.requests)));
    upstream.on('data', (chunk) => client.write(rewrite(chunk, rewriting.replies)));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => other.destroy()); // either end may vanish: the other hears of it
      socket.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(serverUrl), { port: String(port) }).href,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function rewrite(chunk: Buffer, words: readonly [from: string, to: string][] = []): Buffer {
  let text = chunk.toString('latin1');
  for (const [from, to] of words) {
    if (from.length !== to.length) throw new Error(`expected words of one length, found "${from}" and "${to}"`);
    text = text.replaceAll(from, to);
  }
  return Buffer.from(text, 'latin1');
}
