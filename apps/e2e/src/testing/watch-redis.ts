import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * All that a Redis is told from now on, as MONITOR writes it (quotes within words as `\"`). On a bare socket: ioredis takes
 * what others say for answers of its own when they are quick.
 */
export async function watchRedis(redisUrl: string): Promise<{ read(): string; stop(): void }> {
  const { hostname, port, password } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'connect');
  const authenticate = password === '' ? '' : `AUTH ${decodeURIComponent(password)}\r\n`;
  socket.write(`${authenticate}MONITOR\r\n`);
  await once(socket, 'data');
  return { read: () => text, stop: () => void socket.destroy() };
}
