import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { startPrivateServer } from './private-server.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';

const TAKEN = `console.error("Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use"); process.exit(1);`;

async function probe(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

function makeOptions(
  directory: string,
  makeScript: (port: number) => string,
): Parameters<typeof startPrivateServer>[0] {
  return {
    name: 'fake',
    directory,
    title: 'Fake 1',
    environment: {},
    makeCommand: (port) => [process.execPath, '-e', makeScript(port)],
    makeUrl: (port) => `tcp://127.0.0.1:${port}`,
    probe,
  };
}

test('a port that was taken meanwhile is given up for another one', async () => {
  const { directory, remove } = makeTemporaryDirectory();
  const ports: number[] = [];
  const options = makeOptions(directory, (port) => {
    ports.push(port);
    return ports.length === 1 ? TAKEN : `require('net').createServer().listen(${port}, '127.0.0.1')`;
  });
  const server = await startPrivateServer(options);
  expect(ports).toHaveLength(2);
  expect(server).toMatchObject({
    url: `tcp://127.0.0.1:${ports[1]}`,
    description: `Fake 1, private, port ${ports[1]}`,
  });
  await server.process.stop();
  remove();
});

test('any other failure is told at once, with the end of the log', async () => {
  const { directory, remove } = makeTemporaryDirectory();
  const options = makeOptions(directory, () => `console.error('no such option'); process.exit(7);`);
  await expect(startPrivateServer(options)).rejects.toThrow(
    /fake ended with status 7 before it was ready[\s\S]*no such option/,
  );
  remove();
});
