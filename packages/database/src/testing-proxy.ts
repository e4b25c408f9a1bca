import { createServer, connect, type Server, type Socket } from 'node:net';

/** A way to a server that a test can cut. */
export interface TestProxy {
  /** The server's URL, by way of this proxy. */
  url: string;
  /** The next time a client sends this text, the server gets it, but its answer is lost and the connection cut. */
  cutAnswerTo(text: string): void;
  /** How many answers were lost so far. */
  readonly cuts: number;
  /** Nothing comes through the connections that are open now, ever again, and nobody is told; new ones work. */
  silence(): void;
  /** Cuts every connection and takes no new one. */
  refuse(): Promise<void>;
  /** Takes connections again. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** @param serverUrl such as `mysql://user:password@host:3306/database` or `redis://host:6379/0` */
export async function startProxy(serverUrl: string): Promise<TestProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let armedWith: string | null = null;
  let cuts = 0;
  const silenced = new Set<() => void>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isCutting = false;
    let isSilent = false;
    silenced.add(() => (isSilent = true));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('error', () => other.destroy()); // either end may vanish: the other hears of it
    }
    client.on('data', (data) => {
      if (armedWith !== null && data.includes(armedWith)) {
        armedWith = null;
        isCutting = true;
      }
      if (!isSilent) upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isSilent) return;
      if (!isCutting) return void client.write(data);
      cuts += 1;
      client.destroy();
    });
  });
  await listen(server, 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const { port } = address;
  const refuse = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    url: Object.assign(new URL(serverUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    cutAnswerTo(text) {
      armedWith = text;
    },
    silence: () => silenced.forEach((one) => one()),
    get cuts() {
      return cuts;
    },
    refuse,
    accept: () => listen(server, port),
    close: refuse,
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
