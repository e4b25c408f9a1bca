import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TrackToDispatch } from '@baton/domain';
import { connectRedis, waitForRedis, type RedisPurpose } from './redis.ts';
import type { Redis } from 'ioredis';

/** A prefix that no other test uses: tests share one Redis. */
export function uniquePrefix(): string {
  return `baton-test-${randomBytes(6).toString('hex')}`;
}

/** A connection that is ready. */
export async function openTestRedis(url: string, purpose: RedisPurpose = 'producer'): Promise<Redis> {
  const redis = connectRedis({ url, prefix: 'unused' }, purpose, () => {}); // tests cut connections on purpose
  await waitForRedis(redis, 10_000);
  return redis;
}

/** A track as the database hands it out, of the n-th vertex of a pipeline. */
export function makeTrack(number: number, changes: Partial<TrackToDispatch> = {}): TrackToDispatch {
  return {
    trackId: 4_194_304 + number,
    attempt: 1,
    seq: 1,
    labels: [],
    priority: 0,
    pipelineId: 1,
    pipeline: 'a pipeline',
    vertex: `V${number}`,
    graph: 'a graph',
    ...changes,
  };
}

/** Values as they come, and waiting for so many of them. */
export interface Inbox<T> {
  readonly items: T[];
  put: (item: T) => void;
  /** Resolves when there are at least so many. @throws Error after ten seconds, with how many there are */
  waitFor(count: number): Promise<T[]>;
}

const INBOX_TIMEOUT_MS = 10_000;

export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    put(item) {
      items.push(item);
      for (const look of waiting) look();
    },
    waitFor: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`expected ${count} within ${INBOX_TIMEOUT_MS} ms, found ${items.length}`));
        }, INBOX_TIMEOUT_MS);
        const look = (): void => {
          if (items.length < count) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(items);
        };
        waiting.add(look);
        look();
      }),
  };
}

export interface ForgetfulLink {
  url: string;
  forget(): void;
  close(): Promise<void>;
}

/** A way to a server that can forget its connections as a firewall does: they stay open and nothing comes through any more. */
export async function openForgetfulLink(serverUrl: string): Promise<ForgetfulLink> {
  const target = new URL(serverUrl);
  const links = new Set<[Socket, Socket]>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    links.add([client, upstream]);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {}); // both ends are cut at the end of the test
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(serverUrl), { port: String(port) }).href,
    forget() {
      for (const [client, upstream] of links) {
        client.unpipe();
        upstream.unpipe();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const link of links) for (const socket of link) socket.destroy();
      }),
  };
}
