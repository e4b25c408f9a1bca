import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { findFreePort } from './free-port.ts';

test('a free port can be listened on at once', async () => {
  const port = await findFreePort();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  expect(server.address()).toMatchObject({ port });
  await new Promise((resolve) => server.close(resolve));
});
