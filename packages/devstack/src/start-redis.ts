import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { FLAVOR_NAMES, type RedisProgram } from './find-programs.ts';
import { makeRandomSecret, writePrivateFile } from './private-file.ts';
import { type PrivateServer, type PrivateServerOptions, startPrivateServer } from './private-server.ts';
import { probeRedis } from './probe-servers.ts';

export interface StartRedisOptions {
  directory: string;
  program: RedisProgram;
  environment: Record<string, string>;
  onUnexpectedExit?: PrivateServerOptions['onUnexpectedExit'];
}

/**
 * Starts a private Redis or Valkey with the data of the directory. Its password is in its configuration file, never on a command line.
 * @throws DevstackError with the end of its log when it does not start
 */
export async function startRedis(options: StartRedisOptions): Promise<PrivateServer> {
  const { directory, program } = options;
  const dataDirectory = path.join(directory, 'redis-data');
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const password = makeRandomSecret();
  const configurationPath = path.join(directory, 'redis.conf');
  return startPrivateServer({
    name: 'redis',
    directory,
    title: `${FLAVOR_NAMES[program.flavor]} ${program.version}`,
    environment: options.environment,
    ...(options.onUnexpectedExit ? { onUnexpectedExit: options.onUnexpectedExit } : {}),
    makeCommand(port) {
      writePrivateFile(configurationPath, makeConfiguration({ port, password, dataDirectory }));
      return [...program.command, configurationPath];
    },
    makeUrl: (port) => `redis://:${password}@127.0.0.1:${port}/0`,
    probe: probeRedis,
  });
}

function makeConfiguration(values: { port: number; password: string; dataDirectory: string }): string {
  return [
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${values.port}`,
    `requirepass ${values.password}`,
    `dir ${JSON.stringify(values.dataDirectory)}`,
    'daemonize no',
    // An evicted key is a lost hint that takes seconds to repair; the append-only file spares a restart the same.
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    '',
  ].join('\n');
}
