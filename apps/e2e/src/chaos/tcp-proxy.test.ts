import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '../testing/call-api.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** The server answers each line with `got <line>`, and remembers it. */
let server: Server;
let heard: string[];
let proxy: TcpProxy;
let clients: Client[];

interface Client {
  socket: Socket;
  lines: () => string[];
  say: (line: string) => void;
  isClosed: () => boolean;
}

beforeEach(async () => {
  heard = [];
  clients = [];
  server = createServer((socket) => {
    socket.on('error', () => {}); // resets are what is tested
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().trim().split('\n')) {
        heard.push(line);
        socket.write(`got ${line}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  proxy = await createTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

async function connect(): Promise<Client> {
  const socket = createConnection({ host: '127.0.0.1', port: proxy.port });
  let text = '';
  let isClosed = false;
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => {}); // resets are what is tested
  socket.on('close', () => (isClosed = true));
  await once(socket, 'connect');
  const client: Client = {
    socket,
    lines: () => text.split('\n').filter((line) => line !== ''),
    say: (line) => void socket.write(`${line}\n`),
    isClosed: () => isClosed,
  };
  clients.push(client);
  return client;
}

const saysAll = (client: Client, lines: string[]) =>
  waitUntil(
    () => Promise.resolve(client.lines()),
    (found) => found.join() === lines.join(),
  );
const closes = (client: Client) => waitUntil(() => Promise.resolve(client.isClosed()), Boolean);

test('passes both ways, and counts connections', async () => {
  const [one, other] = [await connect(), await connect()];
  one.say('a');
  other.say('b');
  await saysAll(one, ['got a']);
  await saysAll(other, ['got b']);
  expect(proxy.connections).toEqual({ open: 2, made: 2 });
});

test('cut after the request: it was carried out, and its reply never comes', async () => {
  const client = await connect();
  let acted = 0;
  const sprung = proxy.intercept({ match: /COMMIT/, when: 'after', act: () => (acted += 1) });
  client.say('begin');
  await saysAll(client, ['got begin']);
  client.say('COMMIT');
  await sprung;
  await closes(client);
  expect(heard).toEqual(['begin', 'COMMIT']);
  expect(client.lines()).toEqual(['got begin']);
  expect(acted).toBe(1);
  const next = await connect();
  next.say('COMMIT');
  await saysAll(next, ['got COMMIT']);
});

test('what nobody runs into in time is no trap any more', async () => {
  const client = await connect();
  await expect(proxy.intercept({ match: /COMMIT/, when: 'before', withinMs: 20 })).rejects.toThrow('found none');
  client.say('COMMIT');
  await saysAll(client, ['got COMMIT']);
});

test('what was said before a trap was set does not spring it', async () => {
  const client = await connect();
  client.say('COMMIT');
  await saysAll(client, ['got COMMIT']);
  void proxy.intercept({ match: /COMMIT/, when: 'before' });
  client.say('a');
  await saysAll(client, ['got COMMIT', 'got a']);
});

test('cut before the request: nobody ever hears it', async () => {
  const client = await connect();
  const sprung = proxy.intercept({ match: /COMMIT/, when: 'before' });
  client.say('COMMIT');
  await sprung;
  await closes(client);
  expect(heard).toEqual([]);
});

test.each(['before', 'after'] as const)('watched %s: what happens then is told, and all goes on', async (when) => {
  const client = await connect();
  let fitted = '';
  const seen = proxy.intercept({ match: /b\d/, when, cuts: false, act: (text) => (fitted = text) });
  client.say('a1');
  client.say('b2');
  await seen;
  expect(fitted).toBe('b2');
  client.say('b3');
  await waitUntil(
    () => Promise.resolve(client.lines()),
    (lines) => lines.length === 3,
  );
  expect(client.lines()).toEqual(['got a1', 'got b2', 'got b3']);
  expect(client.isClosed()).toBe(false);
});

test('what a silent link holds comes when it heals', async () => {
  const client = await connect();
  await proxy.setMode('silent');
  client.say('a');
  const late = await connect();
  late.say('b');
  expect(heard).toEqual([]);
  await proxy.setMode('pass');
  await saysAll(client, ['got a']);
  await saysAll(late, ['got b']);
});

test('a link that is silent one way still carries the other', async () => {
  const client = await connect();
  await proxy.setMode('silent_replies');
  client.say('a');
  await waitUntil(
    () => Promise.resolve(heard),
    (lines) => lines.length === 1,
  );
  expect(client.lines()).toEqual([]);
  await proxy.setMode('pass');
  await saysAll(client, ['got a']);
});

test('half closed: the client hears the end, the server does not', async () => {
  const client = await connect();
  client.say('a');
  await saysAll(client, ['got a']);
  const ended = once(client.socket, 'end');
  await proxy.setMode('half_close');
  await ended;
  expect(proxy.connections.open).toBe(1);
});

test('refused: what was open is cut, nobody answers, and afterwards the port is the same', async () => {
  const client = await connect();
  const { port } = proxy;
  await proxy.setMode('refuse');
  await closes(client);
  await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.setMode('pass');
  expect(proxy.port).toBe(port);
  const next = await connect();
  next.say('a');
  await saysAll(next, ['got a']);
});

test('delayed pieces keep their order', async () => {
  const client = await connect();
  await proxy.setMode({ delayMs: 20 });
  for (const line of ['a', 'b', 'c']) client.say(line);
  await saysAll(client, ['got a', 'got b', 'got c']);
});
